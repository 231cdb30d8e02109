// SPDX-License-Identifier: Apache-2.0
#include "wire/conversation.h"

#include "wire/frame.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace lull::wire {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct KindPair {
  Error::Kind ours;
  v1::Error::Kind wire;
};
constexpr std::array kKinds{
    KindPair{Error::Kind::Invalid, v1::Error::KIND_INVALID},
    KindPair{Error::Kind::NotFound, v1::Error::KIND_NOT_FOUND},
    KindPair{Error::Kind::Denied, v1::Error::KIND_DENIED},
    KindPair{Error::Kind::Conflict, v1::Error::KIND_CONFLICT},
    KindPair{Error::Kind::Unavailable, v1::Error::KIND_UNAVAILABLE},
    KindPair{Error::Kind::Version, v1::Error::KIND_VERSION},
    KindPair{Error::Kind::TooBig, v1::Error::KIND_TOO_BIG},
    KindPair{Error::Kind::Internal, v1::Error::KIND_INTERNAL},
    KindPair{Error::Kind::Io, v1::Error::KIND_INTERNAL},
};

bool isSet(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
}

// Moves one field by way of a message that holds nothing else.
void copyField(const Message& from, Message& to, const FieldDescriptor* field) {
  to.GetReflection()->ClearField(&to, field);
  if (!isSet(from, field)) return;
  auto one = std::unique_ptr<Message>(from.New());
  one->CopyFrom(from);
  std::vector<const FieldDescriptor*> fields;
  one->GetReflection()->ListFields(*one, &fields);
  for (const auto* other : fields) {
    if (other != field) one->GetReflection()->ClearField(one.get(), other);
  }
  to.MergeFrom(*one);
}

}  // namespace

v1::Error toWire(const Error& error) {
  v1::Error out;
  const auto* found = std::ranges::find(kKinds, error.kind(), &KindPair::ours);
  out.set_kind(found == kKinds.end() ? v1::Error::KIND_INTERNAL : found->wire);
  out.set_message(error.text());
  return out;
}

Error fromWire(const v1::Error& error) {
  const auto* found = std::ranges::find(kKinds, error.kind(), &KindPair::wire);
  return {found == kKinds.end() ? Error::Kind::Internal : found->ours, error.message()};
}

Result<std::uint32_t> commonVersion(const v1::HelloRequest& hello) {
  const auto highest = std::min(kMaxVersion, hello.max_version());
  if (highest >= std::max(kMinVersion, hello.min_version())) return highest;
  const auto range = [](std::uint32_t low, std::uint32_t high) {
    return low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high);
  };
  const bool clientOlder = hello.max_version() < kMinVersion;
  return Error(Error::Kind::Version, "no common protocol version: the client speaks " +
                                         range(hello.min_version(), hello.max_version()) + ", the service " +
                                         range(kMinVersion, kMaxVersion) + "; update the " +
                                         (clientOlder ? "client" : "service"));
}

v1::StatusEvent difference(const v1::Status& before, const v1::Status& after) {
  using google::protobuf::util::MessageDifferencer;
  v1::StatusEvent event;
  const auto* descriptor = v1::Status::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    MessageDifferencer differencer;
    if (differencer.CompareWithFields(before, after, {field}, {field})) continue;
    event.add_changed(field->number());
    copyField(after, *event.mutable_status(), field);
  }
  return event;
}

void apply(v1::Status& status, const v1::StatusEvent& event) {
  if (event.changed().empty()) {
    status = event.status();
    return;
  }
  const auto* descriptor = v1::Status::descriptor();
  for (const int number : event.changed()) {
    const auto* field = descriptor->FindFieldByNumber(number);
    if (field != nullptr) copyField(event.status(), status, field);
  }
}

}  // namespace lull::wire
