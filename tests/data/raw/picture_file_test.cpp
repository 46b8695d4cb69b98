#include "modattr/data/raw/picture_file.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_file.h"
#include "modattr/data/raw/broken_file.h"
#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

const std::filesystem::path kPictures = MODATTR_TEST_DIR "/fixtures/pictures";

Raster decoded(const std::string& content, PictureOrientation orientation = PictureOrientation::kExif) {
  return decode_picture(std::as_bytes(std::span(content)), orientation, "val.csv:3: 'a.jpg'");
}

std::string problem_of(const std::string& content) {
  return thrown_message<BrokenFileError>([&] { return decoded(content); });
}

TEST(PictureFile, GivesThePixelsOfPillow) {
  std::size_t count = 0;
  for (const Array& array : open_array_file(kPictures / "files.npz")) {
    const bool is_stored = array.name.starts_with("stored_");
    const std::string name = is_stored ? array.name.substr(7) : array.name;
    const Raster raster =
        read_picture(kPictures / name, is_stored ? PictureOrientation::kStored : PictureOrientation::kExif, name);
    EXPECT_EQ((std::vector<std::int64_t>{static_cast<std::int64_t>(raster.height),
                                         static_cast<std::int64_t>(raster.width), 3}),
              array.shape)
        << array.name;
    ASSERT_EQ(raster.pixels.size(), array.bytes.size());
    int largest = 0;
    for (std::size_t place = 0; place < raster.pixels.size(); ++place) {
      largest = std::max(largest, std::abs(raster.pixels[place] - std::to_integer<int>(array.bytes[place])));
    }
    // Another version of libjpeg may interpolate colours in another way.
    EXPECT_LE(largest, name.ends_with(".jpg") ? 2 : 0) << array.name;
    ++count;
  }
  EXPECT_EQ(count, 32U);
}

TEST(PictureFile, ReadsInterlacedAndDeepPng) {
  // Seven passes, 16 bits per channel: drawn_picture(5, 5, 1) * 257.
  const Raster deep = read_picture(kPictures / "interlaced-16.png", PictureOrientation::kExif, "deep");
  EXPECT_EQ(deep.pixels, drawn_picture(5, 5, 1).pixels);
}

TEST(PictureFile, NamesWhatIsTruncated) {
  for (const std::string name :
       {"rgb.jpg", "progressive.jpg", "cmyk.jpg", "rgb.png", "palette.png", "lossy.webp", "lossless.webp"}) {
    const std::string content = read_file(kPictures / name);
    ASSERT_NO_THROW(decoded(content)) << name;
    for (const std::size_t size :
         {content.size() / 4, content.size() / 2, content.size() * 3 / 4, content.size() - 20}) {
      EXPECT_TRUE(mentions(problem_of(content.substr(0, size)), {"val.csv:3: 'a.jpg': expected a"}))
          << name << " " << size;
    }
  }
}

TEST(PictureFile, RefusesOtherFiles) {
  EXPECT_TRUE(mentions(problem_of("GIF89a, which is none"),
                       {"expected a JPEG, PNG or WebP picture, got a file that begins with 'GIF89a, '"}));
  EXPECT_TRUE(mentions(problem_of(""), {"got an empty file"}));
  EXPECT_TRUE(mentions(problem_of("RIFF"), {"begins with 'RIFF'"}));
  EXPECT_TRUE(mentions(problem_of("\xFF\xD8\xFF"), {"expected a JPEG picture that can be decoded"}));
  EXPECT_THROW(read_picture(kPictures / "missing.png", PictureOrientation::kExif, "x"), BrokenFileError);
}

TEST(PictureFile, RefusesMorePixelsThanPillow) {
  EXPECT_TRUE(
      mentions(problem_of(read_file(kPictures / "huge.png")),
               {"expected a PNG picture that can be decoded, got '60000 x 60000 pixels, more than 178956970'"}));
  // The frame header of a JPEG says it as well.
  std::string jpeg = read_file(kPictures / "rgb.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");
  EXPECT_TRUE(mentions(problem_of(jpeg), {"65500 x 65500 pixels, more than 178956970"}));
}

TEST(PictureFile, IgnoresOrientationsThatAreNone) {
  std::string content = read_file(kPictures / "exif6.jpg");
  const Raster stored = decoded(content, PictureOrientation::kStored);
  const std::size_t tag = content.find(std::string("\x01\x12\0\x03", 4));
  ASSERT_NE(tag, std::string::npos);
  content[tag + 9] = 9;
  EXPECT_EQ(decoded(content).pixels, stored.pixels);
  EXPECT_EQ(decoded(content).width, stored.width);
}

}  // namespace
}  // namespace modattr
