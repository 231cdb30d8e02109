// SPDX-License-Identifier: Apache-2.0
// Whether a sample's result is right, found by computing it another way. The numbers are those of the task files.
#pragma once

#include "check/png.h"

#include <string>
#include <string_view>

namespace lull::samples {

struct Verdict {
  bool right = false;
  std::string text;  // one line, with the largest difference found
  Picture picture;   // empty: not a result to look at
};

// Every 499th pixel computed anew on the CPU.
[[nodiscard]] Verdict checkMandelbrot(std::string_view rgba);
// Every point against the exact solution of the scheme.
[[nodiscard]] Verdict checkHeat(std::string_view floats);
// Some thousand elements, to the last bit.
[[nodiscard]] Verdict checkMatrix(std::string_view floats);
// A batch's results, against lines of {"question", "answer"}; the custom_id of each request is the number of its line.
[[nodiscard]] Verdict checkAnswers(std::string_view results, std::string_view questions);
// A training, as `lull task ID --json` tells it: the loss on what was held out must have fallen.
[[nodiscard]] Verdict checkLesson(std::string_view task);

}  // namespace lull::samples
