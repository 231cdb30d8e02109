// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include "cli/format.h"

#include <algorithm>

namespace lull::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLast = 16;  // columns: a narrower last column is of no use

void trimRight(std::string& text) { text.erase(text.find_last_not_of(' ') + 1); }

}  // namespace

void Table::add(std::vector<Cell> row) {
  row.resize(m_columns.size());
  for (auto& cell : row) cell.text = harmless(cell.text);
  m_rows.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(std::size_t total) const {
  std::vector<std::size_t> out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < m_columns.size(); ++i) {
    std::size_t width = displayWidth(m_columns[i].title);
    for (const auto& row : m_rows) width = std::max(width, displayWidth(row[i].text));
    width = std::min(width, m_columns[i].widest);
    if (i + 1 == m_columns.size()) width = std::min(width, std::max(total - std::min(total, used), kLeastLast));
    out.push_back(width);
    used += width + kGap;
  }
  return out;
}

std::string Table::rowText(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                           const Terminal& terminal) const {
  std::string out;
  std::size_t indent = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool last = i + 1 == row.size();
    const bool wrapped = last && m_last == LastColumn::Wrap;
    const auto shown = wrapped ? wrap(row[i].text, widths[i], indent) : shorten(row[i].text, widths[i]);
    const std::size_t pad = wrapped ? 0 : widths[i] - std::min(widths[i], displayWidth(shown));
    const bool right = m_columns[i].align == Align::Right;
    if (right) out.append(pad, ' ');
    out += shown.empty() ? shown : terminal.paint(row[i].colour, shown);
    if (!right && !last) out.append(pad, ' ');
    if (!last) out.append(kGap, ' ');
    indent += widths[i] + kGap;
  }
  trimRight(out);
  return out + "\n";
}

std::string Table::text(const Terminal& terminal) const {
  const auto columnWidths = widths(terminal.width());
  std::string out;
  if (std::ranges::any_of(m_columns, [](const Column& c) { return !c.title.empty(); })) {
    std::vector<Cell> head;
    for (const auto& column : m_columns) head.push_back({column.title, Colour::Dim});
    out += rowText(head, columnWidths, terminal);
  }
  for (const auto& row : m_rows) out += rowText(row, columnWidths, terminal);
  return out;
}

}  // namespace lull::cli
