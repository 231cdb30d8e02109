// SPDX-License-Identifier: Apache-2.0
// Aligned columns that fit the width: the last column takes what is left and is shortened or wrapped.
#pragma once

#include "cli/terminal.h"

#include <string>
#include <vector>

namespace lull::cli {

struct Cell {
  std::string text;  // made harmless when it is added
  Colour colour = Colour::Plain;
};

class Table {
public:
  enum class Align { Left, Right };
  enum class LastColumn { Shorten, Wrap };
  struct Column {
    std::string title;  // all empty: no head line
    Align align = Align::Left;
    std::size_t widest = 1000;  // shortened beyond
  };
  explicit Table(std::vector<Column> columns, LastColumn last = LastColumn::Shorten)
      : m_columns(std::move(columns)), m_last(last) {}

  void add(std::vector<Cell> row);  // missing cells are empty
  [[nodiscard]] bool empty() const { return m_rows.empty(); }
  [[nodiscard]] std::string text(const Terminal& terminal) const;  // lines, each with its newline

private:
  [[nodiscard]] std::vector<std::size_t> widths(std::size_t total) const;
  [[nodiscard]] std::string rowText(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                                    const Terminal& terminal) const;

  std::vector<Column> m_columns;
  LastColumn m_last;
  std::vector<std::vector<Cell>> m_rows;
};

}  // namespace lull::cli
