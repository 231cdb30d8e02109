// SPDX-License-Identifier: Apache-2.0
// lull-llama-model tiny|small|medium|large FILE: writes a model of random weights.
#include "llama/model.h"

#include <cstdio>
#include <string>

int main(int count, char** arguments) {
  using namespace lull::llama;
  const std::string size = count == 3 ? arguments[1] : "";
  const Shape* shape = size == "tiny"     ? &kTiny
                       : size == "small"  ? &kSmall
                       : size == "medium" ? &kMedium
                       : size == "large"  ? &kLarge
                                          : nullptr;
  if (shape == nullptr) {
    std::fprintf(stderr, "usage: lull-llama-model tiny|small|medium|large FILE\n");
    return 2;
  }
  if (!writeModel(arguments[2], *shape)) {
    std::fprintf(stderr, "lull-llama-model: %s could not be written. Is there room on the disk?\n", arguments[2]);
    return 1;
  }
  std::printf("%s: %.1f million weights\n", arguments[2], static_cast<double>(weightsOf(*shape)) / 1e6);
  return 0;
}
