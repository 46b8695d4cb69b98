#include "picture_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/error.h"
#include "preprocessor_json.h"

namespace modattr {
namespace {

using PictureWords = std::vector<std::string>;

const PictureWords kStepKeys = {"orientation", "channels", "resize", "center_crop", "rescale", "normalize"};
const PictureWords kResizeKeys = {"size", "interpolation", "antialias", "max_size", "on"};
const PictureWords kNormalizeKeys = {"mean", "std"};
const PictureWords kOrientations = {"exif", "stored"};
const PictureWords kChannels = {"RGB", "BGR", "L"};
/// In the order of Interpolation.
const PictureWords kInterpolations = {"nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"};
const PictureWords kResizedThings = {"pil", "tensor"};
/// Pixels of a side at most.
constexpr std::size_t kMostSide = 16384;

std::size_t index_in(const PictureWords& words, const std::string& word) {
  return static_cast<std::size_t>(std::ranges::find(words, word) - words.begin());
}

std::optional<std::size_t> side_of(const Json& value) {
  const bool is_side =
      value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 && value.get<std::uint64_t>() <= kMostSide;
  return is_side ? std::optional(value.get<std::size_t>()) : std::nullopt;
}

std::optional<std::array<std::size_t, 2>> sides_of(const Json& value) {
  if (!value.is_array() || value.size() != 2) return std::nullopt;
  const auto height = side_of(value[0]);
  const auto width = side_of(value[1]);
  return height && width ? std::optional(std::array{*height, *width}) : std::nullopt;
}

ResizeStep read_resize(JsonObject& steps) {
  constexpr const char* kExpected = "the length of the shorter side, [height, width] or an object";
  const Json& value = *steps.find("resize");
  ResizeStep step;
  const auto take_size = [&step](const Json& size) {
    step.shorter_side = side_of(size);
    step.size = sides_of(size);
    return step.shorter_side || step.size;
  };
  if (!value.is_object()) {
    if (!take_size(value)) steps.fail("resize", kExpected);
    return step;
  }
  JsonObject resize(value, steps.where("resize"));
  resize.reject_unknown(kResizeKeys);
  if (!take_size(resize.require("size"))) resize.fail("size", "the length of the shorter side, or [height, width]");
  if (const auto word = resize.find_word("interpolation", kInterpolations)) {
    step.interpolation = static_cast<Interpolation>(index_in(kInterpolations, *word));
  }
  if (const Json* most = resize.find("max_size")) {
    step.longer_side_at_most = side_of(*most);
    if (!step.longer_side_at_most || !step.shorter_side || *step.longer_side_at_most <= *step.shorter_side) {
      resize.fail("max_size", "a length above \"size\", the length of the shorter side");
    }
  }
  if (resize.find_word("on", kResizedThings) == "tensor") step.on = ResizeStep::On::kTensor;
  if (const Json* antialias = resize.find("antialias")) {
    if (!antialias->is_boolean()) resize.fail("antialias", "true or false");
    step.antialias = antialias->get<bool>() ? Antialias::kYes : Antialias::kNo;
    if (step.antialias == Antialias::kNo && step.on == ResizeStep::On::kPillow) {
      resize.fail("antialias", "\"on\": \"tensor\" beside it, as PIL images are always antialiased");
    }
  }
  if (step.on == ResizeStep::On::kTensor && step.interpolation > Interpolation::kBicubic) {
    resize.fail("interpolation", "nearest, bilinear or bicubic with \"on\": \"tensor\"");
  }
  return step;
}

std::vector<float> channel_numbers(JsonObject& object, const char* key, std::size_t channels) {
  const Json& list = object.require(key);
  const bool is_list = list.is_array() && list.size() == channels &&
                       std::ranges::all_of(list, [](const Json& number) { return number.is_number(); });
  if (!is_list)
    object.fail(key, std::to_string(channels) + (channels == 1 ? " number in a list" : " numbers, one per channel"));
  std::vector<float> numbers;
  for (const Json& number : list) numbers.push_back(static_cast<float>(number.get<double>()));
  return numbers;
}

void read_normalize(JsonObject normalize, const char* mean, const char* std, PicturePreprocessing& preprocessing) {
  PixelStep& pixels = preprocessing.pixels;
  pixels.mean = channel_numbers(normalize, mean, preprocessing.channel_count());
  pixels.std = channel_numbers(normalize, std, preprocessing.channel_count());
  if (std::ranges::find(pixels.std, 0.0F) != pixels.std.end()) normalize.fail(std, "numbers other than 0");
}

/// A file of transformers, and the class that reads it there.
class PreprocessorFile {
 public:
  explicit PreprocessorFile(const std::filesystem::path& path)
      : text_(read_preprocessor_json(path)), object_(text_, path.string()) {}

  PicturePreprocessing read() {
    find_class();
    reject_others();
    PicturePreprocessing result;
    if (flag("do_resize", true)) result.resize = resize();
    if (flag("do_center_crop", class_.crops)) {
      result.crop = CropStep{.size = sides("crop_size"), .margin = CropStep::Margin::kDown};
    }
    if (flag("do_rescale", true)) {
      result.pixels.rescale = PixelStep::Rescale::kMultiply;
      if (const Json* factor = object_.find("rescale_factor")) {
        if (!factor->is_number()) object_.fail("rescale_factor", "a number");
        result.pixels.factor = factor->get<double>();
      }
    }
    if (flag("do_normalize", true)) read_normalize(object_, "image_mean", "image_std", result);
    return result;
  }

 private:
  /// What classes of transformers do where their file does not say it.
  struct Class {
    std::string prefix;
    /// A number as size: both sides, or the shorter one.
    bool is_square = true;
    bool crops = false;
  };

  void find_class() {
    const std::vector<Class> classes = {{"CLIP", false, true},   {"ChineseCLIP", true, true}, {"ViT", true, false},
                                        {"DeiT", true, true},    {"Beit", true, true},        {"Blip", true, false},
                                        {"Siglip", true, false}, {"Bit", false, true}};
    const char* const key = object_.has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
    std::string name = object_.require_string(key);
    const std::string full = name;
    for (const std::string_view suffix : {"Fast", "ImageProcessor", "FeatureExtractor"}) {
      if (name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
        is_fast_ = is_fast_ || suffix == "Fast";
      }
    }
    const auto found = std::ranges::find(classes, name, &Class::prefix);
    if (found == classes.end()) {
      throw ConfigError(
          object_.where(key) +
          ": expected the image processor of CLIP, ChineseCLIP, ViT, DeiT, Beit, Blip, Siglip or Bit, got '" + full +
          "'; write its steps as \"preprocessing\" into modattr.json");
    }
    class_ = *found;
  }

  /// Anything else that is switched on would change the pixels.
  void reject_others() const {
    const PictureWords known = {"do_resize",
                                "size",
                                "resample",
                                "do_center_crop",
                                "crop_size",
                                "do_rescale",
                                "rescale_factor",
                                "do_normalize",
                                "image_mean",
                                "image_std",
                                "do_convert_rgb",
                                "image_processor_type",
                                "feature_extractor_type",
                                "processor_class",
                                "_valid_processor_keys",
                                "data_format",
                                "input_data_format",
                                "return_tensors",
                                "do_reduce_labels",
                                "reduce_labels"};
    for (const auto& [key, value] : text_.items()) {
      const bool is_off = value.is_null() || value == Json(false);
      if (is_off || std::ranges::find(known, key) != known.end()) continue;
      throw ConfigError(
          object_.where(key) +
          ": expected only keys whose effect is known, got this one; write the steps as \"preprocessing\" "
          "into modattr.json");
    }
  }

  bool flag(const char* key, bool otherwise) {
    const Json* value = object_.find(key);
    if (value == nullptr || value->is_null()) return otherwise;
    if (!value->is_boolean()) object_.fail(key, "true or false");
    return value->get<bool>();
  }

  ResizeStep resize() {
    ResizeStep step;
    if (is_fast_) step.on = ResizeStep::On::kTensor;
    // PIL.Image.Resampling.
    constexpr std::array kResamples = {Interpolation::kNearest, Interpolation::kLanczos, Interpolation::kBilinear,
                                       Interpolation::kBicubic, Interpolation::kBox,     Interpolation::kHamming};
    const Json& resample = object_.require("resample");
    if (!resample.is_number_unsigned() || resample.get<std::uint64_t>() >= kResamples.size()) {
      object_.fail("resample", "a number of PIL.Image.Resampling, 0 to 5");
    }
    step.interpolation = kResamples[resample.get<std::size_t>()];
    if (is_fast_ && step.interpolation > Interpolation::kBicubic)
      object_.fail("resample", "0, 2 or 3 of a fast processor");
    const Json& size = object_.require("size");
    const auto shorter =
        size.is_object() && size.contains("shortest_edge") ? side_of(size["shortest_edge"]) : std::nullopt;
    if (shorter && size.size() == 1) {
      step.shorter_side = shorter;
    } else if (side_of(size) && !class_.is_square) {
      step.shorter_side = side_of(size);
    } else {
      step.size = sides("size");
    }
    return step;
  }

  std::array<std::size_t, 2> sides(const char* key) {
    const Json& value = object_.require(key);
    if (const auto side = side_of(value)) return {*side, *side};
    if (value.is_object() && value.size() == 2 && value.contains("height") && value.contains("width")) {
      if (const auto both = sides_of(Json::array({value["height"], value["width"]}))) return *both;
    }
    object_.fail(key, "a length, {\"height\", \"width\"} or, of a size, {\"shortest_edge\"}");
  }

  Json text_;
  JsonObject object_;
  Class class_ = {};
  bool is_fast_ = false;
};

}  // namespace

PicturePreprocessing read_picture_steps(JsonObject steps) {
  steps.reject_unknown(kStepKeys);
  PicturePreprocessing result;
  if (steps.find_word("orientation", kOrientations) == "stored") result.orientation = PictureOrientation::kStored;
  if (const auto word = steps.find_word("channels", kChannels)) {
    result.channels = static_cast<PicturePreprocessing::Channels>(index_in(kChannels, *word));
  }
  if (steps.has("resize")) result.resize = read_resize(steps);
  if (const Json* crop = steps.find("center_crop")) {
    const auto side = side_of(*crop);
    const auto both = side ? std::optional(std::array{*side, *side}) : sides_of(*crop);
    if (!both) steps.fail("center_crop", "a length or [height, width]");
    result.crop = CropStep{.size = *both};
  }
  if (const Json* rescale = steps.find("rescale")) {
    if (rescale->is_number()) {
      result.pixels.rescale = PixelStep::Rescale::kMultiply;
      result.pixels.factor = rescale->get<double>();
    } else if (rescale->is_boolean()) {
      result.pixels.rescale = rescale->get<bool>() ? PixelStep::Rescale::kDivide : PixelStep::Rescale::kNone;
    } else {
      steps.fail("rescale", "true, which divides by 255, or a factor");
    }
  }
  if (const Json* normalize = steps.find("normalize")) {
    JsonObject numbers(*normalize, steps.where("normalize"));
    numbers.reject_unknown(kNormalizeKeys);
    read_normalize(numbers, "mean", "std", result);
  }
  return result;
}

PicturePreprocessing read_preprocessor_file(const std::filesystem::path& file) {
  return PreprocessorFile(file).read();
}

}  // namespace modattr
