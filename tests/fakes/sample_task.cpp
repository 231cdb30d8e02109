// SPDX-License-Identifier: Apache-2.0
#include "fakes/sample_task.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace lull::fakes {

v1::SpirvTask sampleTask(const std::string& name, const TaskFolders& folders) {
  const char* source = std::getenv("LULL_SOURCE_DIR");
  std::ifstream file(std::filesystem::path(source != nullptr ? source : ".") / "assets/samples" / (name + ".json"));
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  v1::TaskSpec spec;
  if (!google::protobuf::util::JsonStringToMessage(json, &spec).ok()) std::abort();
  const auto kernel = std::filesystem::path("share/lull/samples") / spec.spirv().module().file();
  spec.mutable_spirv()->mutable_module()->set_sha256(folders.putBlob(kernelBytes(kernel)));
  return spec.spirv();
}

}  // namespace lull::fakes
