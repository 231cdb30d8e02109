// SPDX-License-Identifier: Apache-2.0
// lull-sample-check: says whether the result of a sample task is right, and makes a picture of it.
//   lull-sample-check mandelbrot|heat|matrix RESULT [PICTURE.png]
//   lull-sample-check questions RESULTS.jsonl QUESTIONS.jsonl
//   lull-sample-check lesson TASK.json
// Exit status: 0 right, 1 wrong, 2 not understood or not readable.
#include "check/checks.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

using namespace lull::samples;

namespace {

int fail(const std::string& text) {
  std::fprintf(stderr, "lull-sample-check: %s\n", text.c_str());
  return 2;
}

std::optional<std::string> readAll(const char* file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

int tell(const std::string& kind, const Verdict& verdict) {
  std::printf("%s: %s: %s\n", kind.c_str(), verdict.right ? "right" : "WRONG", verdict.text.c_str());
  return verdict.right ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3 || count > 4) return fail("usage: lull-sample-check mandelbrot|heat|matrix RESULT [PICTURE.png]");
  const std::string kind = arguments[1];
  const auto bytes = readAll(arguments[2]);
  if (!bytes) return fail(std::string("cannot read ") + arguments[2]);
  if (kind == "questions") {
    const auto questions = count == 4 ? readAll(arguments[3]) : std::nullopt;
    return questions ? tell(kind, checkAnswers(*bytes, *questions)) : fail("the questions cannot be read");
  }
  if (kind == "lesson") return tell(kind, checkLesson(*bytes));
  Verdict verdict;
  if (kind == "mandelbrot") {
    verdict = checkMandelbrot(*bytes);
  } else if (kind == "heat") {
    verdict = checkHeat(*bytes);
  } else if (kind == "matrix") {
    verdict = checkMatrix(*bytes);
  } else {
    return fail("no sample is named " + kind);
  }
  if (count == 4 && !verdict.picture.rgba.empty()) {
    std::ofstream out(arguments[3], std::ios::binary | std::ios::trunc);
    out << pngOf(verdict.picture);
    if (!out.flush()) return fail(std::string("cannot write ") + arguments[3]);
  }
  return tell(kind, verdict);
}
