// SPDX-License-Identifier: Apache-2.0
#include "check/checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numbers>

namespace lull::samples {

namespace {

Verdict wrongSize(std::size_t expected, std::size_t found) {
  return {.right = false,
          .text = "expected " + std::to_string(expected) + " bytes, found " + std::to_string(found),
          .picture = {}};
}

std::vector<float> floatsOf(std::string_view bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

namespace mandelbrot {

constexpr std::uint32_t kWidth = 1280;
constexpr std::uint32_t kHeight = 720;
constexpr std::uint32_t kTurns = 1500;
constexpr std::uint32_t kSamples = 6;
constexpr float kCentreX = -0.7437F;
constexpr float kCentreY = 0.1314F;
constexpr float kSpan = 0.004F;
constexpr std::uint32_t kStride = 499;
// Colours come from log and cos, which GPUs compute to about 2^-11; the orbits themselves are the same everywhere.
constexpr int kTolerance = 3;

using Colour = std::array<float, 3>;

Colour sampleAt(float cx, float cy) {
  float x = 0;
  float y = 0;
  float xx = 0;
  float yy = 0;
  std::uint32_t n = 0;
  for (; n < kTurns && xx + yy <= 256.0F; ++n) {
    const float twice = x * y;
    y = twice + twice + cy;
    x = xx - yy + cx;
    xx = x * x;
    yy = y * y;
  }
  if (n == kTurns) return {0.02F, 0.01F, 0.05F};
  const float t = 0.8F * std::log2(static_cast<float>(n) + 4.0F - std::log2(std::log2(xx + yy)));
  constexpr Colour kPhase{0.05F, 0.12F, 0.22F};
  Colour out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = 0.5F + 0.5F * std::cos(6.2831853F * (kPhase[i] + t));
  return out;
}

Colour pixelAt(std::uint32_t px, std::uint32_t py) {
  const float pixel = kSpan / static_cast<float>(kWidth);
  Colour sum{};
  for (std::uint32_t sy = 0; sy < kSamples; ++sy) {
    for (std::uint32_t sx = 0; sx < kSamples; ++sx) {
      const float x = static_cast<float>(px * kSamples + sx) / static_cast<float>(kSamples) - 0.5F * kWidth;
      const float y = 0.5F * kHeight - static_cast<float>(py * kSamples + sy) / static_cast<float>(kSamples);
      const float stepX = x * pixel;
      const float stepY = y * pixel;
      const Colour colour = sampleAt(kCentreX + stepX, kCentreY + stepY);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += colour[i];
    }
  }
  for (float& channel : sum) channel = channel / static_cast<float>(kSamples * kSamples) * 255.0F + 0.5F;
  return sum;
}

}  // namespace mandelbrot

namespace heat {

constexpr std::uint32_t kPoints = 512;
constexpr std::uint32_t kSteps = 2500;
constexpr double kRate = 0.25;
// The start is made with the GPU's sin (2^-11), the rest is rounding.
constexpr double kTolerance = 2e-3;

// What one step leaves of a wave with so many half periods along each side.
double decayOf(int alongX, int alongY) {
  const auto half = [](int waves) {
    const double s = std::sin(std::numbers::pi * waves / (2.0 * (kPoints - 1)));
    return s * s;
  };
  return 1 - 4 * kRate * (half(alongX) + half(alongY));
}

// From blue over black to yellow.
void paint(double value, std::uint8_t* rgba) {
  const double v = std::clamp(value, -1.0, 1.0);
  const auto byte = [](double c) { return static_cast<std::uint8_t>(std::clamp(c, 0.0, 1.0) * 255); };
  rgba[0] = byte(v > 0 ? 1.6 * v : 0.1 * -v);
  rgba[1] = byte(v > 0 ? 1.8 * v * v : 0.5 * -v);
  rgba[2] = byte(v > 0 ? 0.4 * v : 1.5 * -v);
  rgba[3] = 255;
}

}  // namespace heat

namespace matrix {

constexpr std::uint32_t kSize = 1024;
constexpr std::uint32_t kInner = 1024;
constexpr std::uint32_t kStride = 251;

int eighths(std::uint32_t seed, std::uint32_t row, std::uint32_t column) {
  std::uint32_t h = seed ^ row * 2654435761U ^ column * 2246822519U;
  h ^= h >> 15U;
  h *= 2246822519U;
  h ^= h >> 13U;
  return static_cast<int>(h & 15U) - 8;
}

}  // namespace matrix

}  // namespace

Verdict checkMandelbrot(std::string_view rgba) {
  using namespace mandelbrot;
  const std::size_t size = std::size_t{4} * kWidth * kHeight;
  if (rgba.size() != size) return wrongSize(size, rgba.size());
  Verdict verdict;
  verdict.picture = {.width = kWidth, .height = kHeight, .rgba = {rgba.begin(), rgba.end()}};
  int worst = 0;
  std::uint32_t checked = 0;
  for (std::uint32_t i = 0; i < kWidth * kHeight; i += kStride, ++checked) {
    const Colour colour = pixelAt(i % kWidth, i / kWidth);
    for (std::size_t channel = 0; channel < colour.size(); ++channel) {
      const int found = verdict.picture.rgba[std::size_t{4} * i + channel];
      worst = std::max(worst, std::abs(found - static_cast<int>(colour[channel])));
    }
  }
  verdict.right = worst <= kTolerance;
  verdict.text = std::to_string(checked) + " pixels compared, largest difference " + std::to_string(worst) + " of 255";
  return verdict;
}

Verdict checkHeat(std::string_view floats) {
  using namespace heat;
  const std::size_t size = sizeof(float) * kPoints * kPoints;
  if (floats.size() != size) return wrongSize(size, floats.size());
  const auto values = floatsOf(floats);
  const double slow = std::pow(decayOf(1, 1), kSteps);
  const double quick = 0.5 * std::pow(decayOf(7, 5), kSteps);
  Verdict verdict;
  verdict.picture = {.width = kPoints, .height = kPoints, .rgba = std::vector<std::uint8_t>(values.size() * 4)};
  double worst = 0;
  for (std::uint32_t y = 0; y < kPoints; ++y) {
    for (std::uint32_t x = 0; x < kPoints; ++x) {
      const double ax = std::numbers::pi * x / (kPoints - 1);
      const double ay = std::numbers::pi * y / (kPoints - 1);
      const double exact = slow * std::sin(ax) * std::sin(ay) + quick * std::sin(7 * ax) * std::sin(5 * ay);
      const std::size_t at = std::size_t{y} * kPoints + x;
      const double found = static_cast<double>(values[at]);
      worst = std::isfinite(found) ? std::max(worst, std::abs(found - exact)) : 1e9;
      paint(found, verdict.picture.rgba.data() + 4 * at);
    }
  }
  verdict.right = worst <= kTolerance;
  verdict.text = "all points against the exact solution, largest difference " + std::to_string(worst);
  return verdict;
}

Verdict checkMatrix(std::string_view floats) {
  using namespace matrix;
  const std::size_t size = sizeof(float) * kSize * kSize;
  if (floats.size() != size) return wrongSize(size, floats.size());
  const auto values = floatsOf(floats);
  std::uint32_t checked = 0;
  std::uint32_t wrong = 0;
  for (std::uint32_t i = 0; i < kSize * kSize; i += kStride, ++checked) {
    int sum = 0;  // in 64ths
    for (std::uint32_t k = 0; k < kInner; ++k) sum += eighths(1, i / kSize, k) * eighths(2, k, i % kSize);
    if (values[i] != static_cast<float>(sum) / 64.0F) ++wrong;
  }
  return {.right = wrong == 0,
          .text = std::to_string(checked) + " elements compared to the last bit, " + std::to_string(wrong) + " wrong",
          .picture = {}};
}

}  // namespace lull::samples
