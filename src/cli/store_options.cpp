#include "store_options.h"

#include <cstdint>
#include <utility>

#include "console.h"
#include "modattr/history/result_store.h"
#include "modattr/report/formats/result_files.h"

namespace modattr {
namespace {

void append_to_store(const StoreOptions& options, const ScoreTable& table, std::span<const std::string> file_names,
                     const OutputOptions& output) {
  StoredFiles files;
  for (NamedContent& file : render_files(table, file_names)) {
    if (file.name == "scores.json") files.scores_json = std::move(file.content);
    if (file.name == "examples.jsonl") files.examples_jsonl = std::move(file.content);
    if (file.name == "trace.jsonl") files.trace_jsonl = std::move(file.content);
  }
  const std::int64_t id = ResultStore::open_to_append(*options.store).append(files, options.tag);
  if (output.quiet) return;
  print_notice("stored result " + std::to_string(id) + (options.tag ? " (" + *options.tag + ")" : "") + " in " +
               options.store->string());
}

}  // namespace

void add_store_options(CLI::App& command, StoreOptions& options) {
  auto* store = command
                    .add_option("--store", options.store,
                                "Also append the result to this store, which `modattr history` reads; made if missing")
                    ->type_name("FILE")
                    ->check(not_empty("a file"));
  command.add_option("--tag", options.tag, "Name of the result in the store, such as a version: one of its own")
      ->needs(store)
      ->option_text("NAME");
}

void expect_storable(const StoreOptions& options) {
  if (options.store) expect_appendable(*options.store, options.tag);
}

std::exception_ptr store_result(const StoreOptions& options, const ScoreTable& table,
                                std::span<const std::string> file_names, const OutputOptions& output) {
  if (!options.store) return nullptr;
  try {
    append_to_store(options, table, file_names, output);
    return nullptr;
  } catch (const std::exception&) {
    return std::current_exception();
  }
}

}  // namespace modattr
