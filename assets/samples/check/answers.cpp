// SPDX-License-Identifier: Apache-2.0
#include "check/checks.h"

#include <nlohmann/json.hpp>

#include <map>
#include <sstream>
#include <vector>

namespace lull::samples {

namespace {

using Json = nlohmann::json;

// The tiny model is to answer more than 90 of 100 questions right that it never saw.
constexpr std::size_t kRightOf100 = 90;

Json parsed(const std::string& line) { return Json::parse(line, nullptr, false); }

std::string textAt(const Json& json, const char* place) {
  const Json::json_pointer pointer(place);
  return json.is_object() && json.contains(pointer) && json.at(pointer).is_string()
             ? json.at(pointer).get<std::string>()
             : std::string();
}

// By the number of the question, as the batch names it.
std::map<std::string, std::string> answersIn(std::string_view results) {
  std::map<std::string, std::string> out;
  std::istringstream in{std::string(results)};
  for (std::string line; std::getline(in, line);) {
    const auto json = parsed(line);
    out[textAt(json, "/custom_id")] = textAt(json, "/response/body/choices/0/message/content");
  }
  return out;
}

}  // namespace

Verdict checkAnswers(std::string_view results, std::string_view questions) {
  const auto found = answersIn(results);
  std::size_t asked = 0;
  std::size_t right = 0;
  std::string wrong;
  std::istringstream in{std::string(questions)};
  for (std::string line; std::getline(in, line);) {
    const auto question = parsed(line);
    const auto answer = found.find(std::to_string(++asked));
    const auto said = answer == found.end() ? std::string() : answer->second;
    if (said == textAt(question, "/answer")) {
      ++right;
    } else if (wrong.empty()) {
      wrong = "; “" + textAt(question, "/question") + "” was answered by “" + said + "”";
    }
  }
  return {.right = asked > 0 && found.size() == asked && right * 100 > asked * kRightOf100,
          .text = std::to_string(right) + " of " + std::to_string(asked) + " questions answered right" + wrong,
          .picture = {}};
}

Verdict checkLesson(std::string_view task) {
  const auto told = parsed(std::string(task));
  const auto losses = told.is_object() ? told.value(Json::json_pointer("/task/losses"), Json::array()) : Json::array();
  std::vector<double> heldOut;
  for (const auto& point : losses) {
    if (point.is_object() && point.contains("held_out")) heldOut.push_back(point.value("held_out", 0.0));
  }
  if (heldOut.size() < 2) return {.right = false, .text = "it was not measured what it learned", .picture = {}};
  std::ostringstream text;
  text.precision(3);
  text << "loss on what was held out: " << heldOut.front() << " at first, " << heldOut.back() << " at the end";
  return {.right = heldOut.back() < heldOut.front(), .text = text.str(), .picture = {}};
}

}  // namespace lull::samples
