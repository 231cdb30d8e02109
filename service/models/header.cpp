// SPDX-License-Identifier: Apache-2.0
#include "models/header.h"

namespace lull::models {

v1::ModelHeader toMessage(const gguf::Header& header) {
  v1::ModelHeader out;
  out.set_gguf_version(header.version);
  out.set_architecture(header.architecture);
  out.set_title(header.name);
  out.set_licence(header.licence);
  out.set_kind(header.kind);
  out.set_parameters(header.parameters);
  out.set_quantisation(header.quantisation);
  out.set_file_type(header.fileType);
  out.set_tensors(header.tensors);
  out.set_tensor_bytes(header.tensorBytes);
  out.set_layer_bytes(header.layerBytes);
  out.set_context_length(header.contextLength);
  out.set_layers(header.layers);
  out.set_embedding(header.embedding);
  out.set_heads(header.heads);
  out.set_key_heads(header.keyHeads);
  out.set_key_heads_in_all(header.keyHeadsInAll);
  out.set_key_length(header.keyLength);
  out.set_value_length(header.valueLength);
  out.set_experts(header.experts);
  out.set_vocabulary(header.vocabulary);
  out.set_has_chat_template(header.hasTemplate);
  out.set_chat_template(header.chatTemplate);
  return out;
}

Result<v1::ModelHeader> headerOf(const std::filesystem::path& file) {
  const auto header = gguf::readHeader(file);
  if (!header) return header.error();
  return toMessage(*header);
}

}  // namespace lull::models
