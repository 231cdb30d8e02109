// SPDX-License-Identifier: Apache-2.0
// Writes what fuzzing of a batch's requests begins with: requests_seeds FOLDER.
#include "fuzz/seeds.h"

#include <string>
#include <vector>

namespace {

std::string line(const std::string& url, const std::string& body) {
  return R"({"custom_id": "a", "method": "POST", "url": "/v1/)" + url + R"(", "body": )" + body + "}\n";
}

const std::vector<std::string> kSeeds{
    line("chat/completions", R"({"model": "m", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9,
      "temperature": 0.7, "top_p": 0.9, "seed": 1, "stop": ["x", "y"], "stream": false, "user": "u"})"),
    line("chat/completions", R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "é\u00e9"}]}],
      "n": 1, "logprobs": true, "top_logprobs": 2, "tools": [], "response_format": {"type": "json_object"}})"),
    line("completions", R"({"prompt": [1, 2, 3], "logit_bias": {"5": -1e3}, "ignore_eos": true, "min_p": 0,
      "max_tokens": 18446744073709551615, "mirostat": 2, "grammar": "root ::= \"a\""})"),
    line("completions",
         R"({"prompt": "Once", "seed": -1, "top_k": 0, "echo": null, "json_schema": {"type": "object"}})"),
    line("embeddings", R"({"input": ["a", "b"], "encoding_format": "base64"})"),
    line("images", "{}") + "\r\n \t\n" + line("embeddings", R"({"input": "x", "unknown": 1})") + "[[[[[[]]]]]]\n{",
};

}  // namespace

int main(int argc, char** argv) {
  auto seeds = kSeeds;
  for (auto& seed : seeds) {
    // The texts above are broken for their readers; a request is one line.
    for (std::size_t at = 0; (at = seed.find("\n      ", at)) != std::string::npos;) seed.replace(at, 7, " ");
  }
  return lull::test::writeSeeds(argc, argv, seeds);
}
