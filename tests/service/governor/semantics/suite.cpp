// SPDX-License-Identifier: Apache-2.0
#include "suite.h"

#include "gpu.h"

#include <cstdio>

namespace semantics {

std::vector<Case> allCases() {
  std::vector<Case> all;
  for (const Cases topic :
       {stateCases(),     pushCases(),    dispatchCases(), groupCases(),      pipelineCases(), recordingCases(),
        secondaryCases(), eventCases(),   queryCases(),    bufferCopyCases(), imageCases(),    descriptorCases(),
        drawCases(),      nestingCases(), fenceCases(),    semaphoreCases(),  submitCases(),   queueCases(),
        nextCases(),      threadCases(),  sharedCases(),   deviceCases(),     endingCases(),   tripCases()}) {
    all.insert(all.end(), topic.begin(), topic.end());
  }
  return all;
}

std::vector<Case> casesNamed(std::string_view pattern) {
  std::vector<Case> named;
  for (const Case& one : allCases()) {
    const bool ofTopic = pattern.ends_with('.') && std::string_view(one.name).starts_with(pattern);
    const bool alone = one.kind == Kind::Ending || one.kind == Kind::Trip;
    if (one.name == pattern || (ofTopic && !alone)) named.push_back(one);
  }
  return named;
}

Result perform(const Case& one, const Gpu& gpu) {
  try {
    Run run{.gpu = gpu};
    one.body(run);
    return {Outcome::Passed, run.digest.text()};
  } catch (const Failure& failure) {
    return {Outcome::Failed, failure.what};
  } catch (const Skip& skip) {
    return {Outcome::Skipped, skip.why};
  }
}

bool report(const Case& one, const Gpu& gpu) {
  std::printf("RUN %s\n", one.name);
  std::fflush(stdout);
  const Result result = perform(one, gpu);
  const char* word = result.outcome == Outcome::Passed   ? "PASS"
                     : result.outcome == Outcome::Failed ? "FAIL"
                                                         : "SKIPPED";
  std::printf("%s %s %s\n", word, one.name, result.text.c_str());
  std::fflush(stdout);
  return result.outcome != Outcome::Failed;
}

}  // namespace semantics
