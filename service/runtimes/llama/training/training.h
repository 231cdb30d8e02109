// SPDX-License-Identifier: Apache-2.0
// A further training of a language model by llama-finetune, in segments (plan.h says why and how). After each segment
// the state is on the disk; what is interrupted repeats that one segment, and the result is the same to the byte.
// Of the optimiser (AdamW's moments) nothing outlives a segment.
//   <work>/corpus.txt, corpus.index   the data as it is learned
//   <work>/weights-<n>.gguf           after n segments: in F32, as llama-finetune wants them
//   <work>/state.json                 how far it has come
#pragma once

#include "runtimes/llama/job.h"
#include "runtimes/llama/own_page.h"
#include "runtimes/llama/training/corpus.h"
#include "runtimes/llama/training/finetune.h"
#include "runtimes/llama/training/state.h"
#include "runtimes/llama/training/weights.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace lull::runtimes::llama::training {

class Training : public Job {
public:
  // BAD_TASK for a model that cannot be trained.
  [[nodiscard]] static worker::Attempt<std::unique_ptr<Job>> open(const worker::v1::Start& start);

  [[nodiscard]] worker::Attempt<std::vector<v1::Output>> run(const Telling& telling) override;
  [[nodiscard]] worker::v1::Progress progress() const override;
  [[nodiscard]] Outcome save() override { return {}; }  // each segment saves itself
  void hear(const worker::v1::ToWorker&) override {}

private:
  Training(const worker::v1::Start& start, ModelFile base, Form working, Markers markers);
  [[nodiscard]] worker::Step prepare();
  [[nodiscard]] worker::Step arrange();  // m_cut and m_division
  [[nodiscard]] worker::Step begin();
  [[nodiscard]] worker::Step goOn();
  [[nodiscard]] worker::Step learn();
  [[nodiscard]] worker::Step measure();
  [[nodiscard]] worker::Attempt<Losses> runOn(const std::vector<Span>& text, bool learns);
  [[nodiscard]] worker::Step commit(State next, std::optional<double> heldOut);
  [[nodiscard]] worker::Attempt<std::vector<v1::Output>> writeResult();
  void clear(const std::filesystem::path& keep) const;
  void tell(const std::vector<v1::LossPoint>& points);
  void begun();
  [[nodiscard]] const Epoch& epoch();
  [[nodiscard]] bool resumes() const { return !m_state.task.empty(); }  // where a life before has stopped
  [[nodiscard]] bool isMeasureDue();
  [[nodiscard]] bool isPointDue();
  [[nodiscard]] double done() const;     // 0 to 1
  [[nodiscard]] double seconds() const;  // of computing, up to now
  [[nodiscard]] std::filesystem::path weights(std::uint64_t serial) const;
  [[nodiscard]] const v1::LlamaTraining& task() const { return m_start.spec().llama_training(); }

  const worker::v1::Start m_start;
  const std::filesystem::path m_folder;
  const ModelFile m_base;
  const Form m_working;  // of the weights while they are trained
  const Markers m_markers;
  const std::uint32_t m_epochs;
  const double m_rate;
  std::optional<Corpus> m_corpus;
  Cut m_cut;
  Division m_division;
  std::optional<Epoch> m_epoch;
  std::uint32_t m_epochOf = 0;  // which m_epoch is
  Telling m_telling;
  OwnPage m_page;
  bool m_begun = false;

  mutable std::mutex m_mutex;  // of what follows, which others read
  State m_state;
  std::deque<double> m_seconds;  // that each segment took lately
};

}  // namespace lull::runtimes::llama::training
