// make_seeds FOLDER writes small valid inputs for every fuzz target to FOLDER/<format>.

#include <cstdlib>
#include <iostream>

#include "support/array_writers.h"

int main(int argument_count, char** arguments) {
  using modattr::TestArray;
  if (argument_count != 2) {
    std::cerr << "usage: make_seeds FOLDER\n";
    return EXIT_FAILURE;
  }
  const std::filesystem::path folder = arguments[1];
  for (const char* const format : {"npz", "pt", "safetensors", "metadata"}) {
    std::filesystem::create_directories(folder / format);
  }
  const std::vector<TestArray> arrays = {TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}),
                                         TestArray::of<bool>("mask", {1}, {true})};

  modattr::write_npz(folder / "npz/stored", arrays);
  modattr::write_npz(folder / "npz/deflated", arrays, modattr::ZipCompression::kDeflated);
  const std::string elements = arrays[0].bytes;
  const std::string fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }";
  modattr::write_file(folder / "npz/array", "0" + modattr::npy_content(arrays[0]));
  modattr::write_file(folder / "npz/fortran", "1" + modattr::npy_content(fortran, elements));

  modattr::write_pt(folder / "pt/archive", arrays);
  modattr::write_file(folder / "pt/contiguous",
                      modattr::pickle_content({{.name = "x", .storage_items = 6, .shape = {2, 3}, .strides = {3, 1}}}));
  modattr::write_file(
      folder / "pt/strided",
      modattr::pickle_content(
          {{.name = "x", .storage_items = 6, .offset = 1, .shape = {2, 1, 2}, .strides = {1, 9, 2}},
           {.name = "b", .storage_type = "BoolStorage", .storage_key = "2", .storage_items = 2, .shape = {}}}));

  modattr::write_safetensors(folder / "safetensors/file", arrays);
  modattr::write_file(folder / "safetensors/header",
                      R"({"__metadata__":{"format":"pt"},"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                      R"("b":{"dtype":"U8","shape":[],"data_offsets":[16,17]}})");

  modattr::write_file(folder / "metadata/lines",
                      "{\"id\": 1, \"group\": \"a\\u00e9\"}\n{\"group\": true, \"id\": -1.5e3, \"x\": [{}, [null]]}\n");
  return EXIT_SUCCESS;
}
