// SPDX-License-Identifier: Apache-2.0
#include "ledger/blobs.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <vector>

namespace lull::ledger {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void collect(const Message& message, std::set<std::string>& hashes) {
  if (const auto* blob = dynamic_cast<const v1::Blob*>(&message)) {
    if (blob->source_case() == v1::Blob::kSha256) hashes.insert(blob->sha256());
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect(reflection->GetMessage(message, field), hashes);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      collect(reflection->GetRepeatedMessage(message, field, i), hashes);
    }
  }
}

}  // namespace

std::set<std::string> blobsIn(const v1::TaskSpec& spec) {
  std::set<std::string> hashes;
  collect(spec, hashes);
  return hashes;
}

}  // namespace lull::ledger
