// No exception may cross into Swift: toml++ reports errors as values then.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
#include "CTOML.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>

namespace {

void visit(const toml::node &node, std::string_view key, const pinion_toml_visitor &to) {
  if (const auto *table = node.as_table()) {
    to.begin_table(to.context, key.data(), key.size());
    for (const auto &[name, value] : *table) visit(value, name.str(), to);
    to.end(to.context);
  } else if (const auto *array = node.as_array()) {
    to.begin_array(to.context, key.data(), key.size());
    for (const auto &value : *array) visit(value, std::string_view(), to);
    to.end(to.context);
  } else if (const auto *text = node.as_string()) {
    to.string(to.context, key.data(), key.size(), text->get().data(), text->get().size());
  } else if (const auto *integer = node.as_integer()) {
    to.integer(to.context, key.data(), key.size(), integer->get());
  } else if (const auto *boolean = node.as_boolean()) {
    to.boolean(to.context, key.data(), key.size(), boolean->get() ? 1 : 0);
  } else if (const auto *moment = node.as_date_time(); moment && moment->get().offset) {
    const toml::date_time &value = moment->get();
    const int offset = value.offset->minutes;
    char text[64];
    const int count = std::snprintf(
        text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", int(value.date.year), int(value.date.month),
        int(value.date.day), int(value.time.hour), int(value.time.minute), int(value.time.second),
        offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
    to.moment(to.context, key.data(), key.size(), text, size_t(count));
  } else {
    std::ostringstream stream;
    node.visit([&](const auto &value) { stream << value; });
    const std::string text = stream.str();
    to.other(to.context, key.data(), key.size(), text.data(), text.size());
  }
}

}  // namespace

int pinion_toml_parse(const char *text, size_t length, const pinion_toml_visitor *visitor, pinion_toml_error *error) {
  const toml::parse_result result = toml::parse(std::string_view(text, length));
  if (!result) {
    const std::string_view words = result.error().description();
    const size_t count = std::min(words.size(), sizeof(error->message) - 1);
    std::memcpy(error->message, words.data(), count);
    error->message[count] = 0;
    error->line = result.error().source().begin.line;
    error->column = result.error().source().begin.column;
    return -1;
  }
  visit(result.table(), std::string_view(), *visitor);
  return 0;
}
