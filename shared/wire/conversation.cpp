// SPDX-License-Identifier: Apache-2.0
#include "wire/conversation.h"

#include "base/utf8.h"
#include "wire/frame.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace lull::wire {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

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

// The bytes of one top-level field in a serialised message. Fields are serialised in the order of their numbers, so
// all elements of a repeated field lie side by side.
struct Span {
  int number = 0;
  std::string_view bytes;
};

std::vector<Span> spansOf(std::string_view message) {
  std::vector<Span> spans;
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(message.data()),
                                            static_cast<int>(message.size()));
  for (;;) {
    const auto begin = static_cast<std::size_t>(in.CurrentPosition());
    const auto tag = in.ReadTag();
    if (tag == 0 || !WireFormatLite::SkipField(&in, tag)) return spans;
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    const auto bytes = message.substr(begin, static_cast<std::size_t>(in.CurrentPosition()) - begin);
    if (!spans.empty() && spans.back().number == number) {
      const auto whole = spans.back().bytes;
      spans.back().bytes = {whole.data(), whole.size() + bytes.size()};
    } else {
      spans.push_back({number, bytes});
    }
  }
}

}  // namespace

v1::Error toWire(const Error& error) {
  v1::Error out;
  const auto* found = std::ranges::find(kKinds, error.kind(), &KindPair::ours);
  out.set_kind(found == kKinds.end() ? v1::Error::KIND_INTERNAL : found->wire);
  out.set_message(validUtf8(error.text()));
  return out;
}

Error fromWire(const v1::Error& error) {
  const auto* found = std::ranges::find(kKinds, error.kind(), &KindPair::wire);
  return {found == kKinds.end() ? Error::Kind::Internal : found->ours, error.message()};
}

void makeSendable(google::protobuf::Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    const bool isText = field->type() == FieldDescriptor::TYPE_STRING;
    const bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    for (int i = 0; i < count; ++i) {
      if (isText) {
        reflection->SetRepeatedString(&message, field, i, validUtf8(reflection->GetRepeatedString(message, field, i)));
      }
      if (isMessage) makeSendable(*reflection->MutableRepeatedMessage(&message, field, i));
    }
    if (field->is_repeated()) continue;
    if (isText) reflection->SetString(&message, field, validUtf8(reflection->GetString(message, field)));
    if (isMessage) makeSendable(*reflection->MutableMessage(&message, field));
  }
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
  return difference(before.SerializeAsString(), after.SerializeAsString());
}

v1::StatusEvent difference(std::string_view before, std::string_view after) {
  v1::StatusEvent event;
  if (before == after) return event;
  const auto olds = spansOf(before);
  const auto news = spansOf(after);
  std::string changed;
  auto old = olds.begin();
  for (const auto& span : news) {
    for (; old != olds.end() && old->number < span.number; ++old) event.add_changed(old->number);
    const bool hadIt = old != olds.end() && old->number == span.number;
    if (!hadIt || old->bytes != span.bytes) {
      event.add_changed(span.number);
      changed += span.bytes;
    }
    if (hadIt) ++old;
  }
  for (; old != olds.end(); ++old) event.add_changed(old->number);
  if (!event.mutable_status()->ParseFromString(changed)) event.Clear();
  return event;
}

void apply(v1::Status& status, const v1::StatusEvent& event) {
  if (event.changed().empty()) {
    status = event.status();
    return;
  }
  std::vector<const FieldDescriptor*> fields;
  for (const int number : event.changed()) {
    const auto* field = v1::Status::descriptor()->FindFieldByNumber(number);
    if (field != nullptr && std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  v1::Status news = event.status();
  v1::Status::GetReflection()->SwapFields(&status, &news, fields);  // swapping in an absent field empties it
}

}  // namespace lull::wire
