// SPDX-License-Identifier: Apache-2.0
#include "gguf/types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lull::gguf {

namespace {

// ggml.h, enum ggml_type: 4, 5, 31 to 33 and 36 to 38 were withdrawn.
constexpr std::array<TensorType, kTensorTypes> kTypes{{
    {"F32", 1, 4},
    {"F16", 1, 2},
    {"Q4_0", 32, 18},
    {"Q4_1", 32, 20},
    {},
    {},
    {"Q5_0", 32, 22},
    {"Q5_1", 32, 24},
    {"Q8_0", 32, 34},
    {"Q8_1", 32, 36},
    {"Q2_K", 256, 84},
    {"Q3_K", 256, 110},
    {"Q4_K", 256, 144},
    {"Q5_K", 256, 176},
    {"Q6_K", 256, 210},
    {"Q8_K", 256, 292},
    {"IQ2_XXS", 256, 66},
    {"IQ2_XS", 256, 74},
    {"IQ3_XXS", 256, 98},
    {"IQ1_S", 256, 50},
    {"IQ4_NL", 32, 18},
    {"IQ3_S", 256, 110},
    {"IQ2_S", 256, 82},
    {"IQ4_XS", 256, 136},
    {"I8", 1, 1},
    {"I16", 1, 2},
    {"I32", 1, 4},
    {"I64", 1, 8},
    {"F64", 1, 8},
    {"IQ1_M", 256, 56},
    {"BF16", 1, 2},
    {},
    {},
    {},
    {"TQ1_0", 256, 54},
    {"TQ2_0", 256, 66},
    {},
    {},
    {},
    {"MXFP4", 32, 17},
}};

// llama.h, enum llama_ftype.
constexpr std::array kFileTypes{
    std::pair{0U, "F32"},      std::pair{1U, "F16"},     std::pair{2U, "Q4_0"},    std::pair{3U, "Q4_1"},
    std::pair{7U, "Q8_0"},     std::pair{8U, "Q5_0"},    std::pair{9U, "Q5_1"},    std::pair{10U, "Q2_K"},
    std::pair{11U, "Q3_K_S"},  std::pair{12U, "Q3_K_M"}, std::pair{13U, "Q3_K_L"}, std::pair{14U, "Q4_K_S"},
    std::pair{15U, "Q4_K_M"},  std::pair{16U, "Q5_K_S"}, std::pair{17U, "Q5_K_M"}, std::pair{18U, "Q6_K"},
    std::pair{19U, "IQ2_XXS"}, std::pair{20U, "IQ2_XS"}, std::pair{21U, "Q2_K_S"}, std::pair{22U, "IQ3_XS"},
    std::pair{23U, "IQ3_XXS"}, std::pair{24U, "IQ1_S"},  std::pair{25U, "IQ4_NL"}, std::pair{26U, "IQ3_S"},
    std::pair{27U, "IQ3_M"},   std::pair{28U, "IQ2_S"},  std::pair{29U, "IQ2_M"},  std::pair{30U, "IQ4_XS"},
    std::pair{31U, "IQ1_M"},   std::pair{32U, "BF16"},   std::pair{36U, "TQ1_0"},  std::pair{37U, "TQ2_0"},
    std::pair{38U, "MXFP4"},
};

}  // namespace

std::optional<TensorType> tensorType(std::uint32_t number) {
  if (number >= kTypes.size() || kTypes[number].name.empty()) return {};
  return kTypes[number];
}

std::string_view fileTypeName(std::uint64_t number) {
  const auto* found = std::ranges::find(kFileTypes, number, &std::pair<unsigned, const char*>::first);
  return found == kFileTypes.end() ? std::string_view() : found->second;
}

std::optional<std::uint32_t> sizeOf(ValueType type) {
  switch (type) {
    case ValueType::U8:
    case ValueType::I8:
    case ValueType::Bool:
      return 1;
    case ValueType::U16:
    case ValueType::I16:
      return 2;
    case ValueType::U32:
    case ValueType::I32:
    case ValueType::F32:
      return 4;
    case ValueType::U64:
    case ValueType::I64:
    case ValueType::F64:
      return 8;
    case ValueType::Text:
    case ValueType::Array:
      break;
  }
  return {};
}

bool isWhole(ValueType type) {
  return sizeOf(type) && type != ValueType::F32 && type != ValueType::F64 && type != ValueType::Bool;
}

}  // namespace lull::gguf
