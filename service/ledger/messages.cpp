// SPDX-License-Identifier: Apache-2.0
#include "ledger/messages.h"

namespace lull::ledger {

namespace {

constexpr std::string_view kTasks =
    "SELECT seq,id,name,runtime,priority,state,progress,attempt,attempts_allowed,submitted,started,ended,not_before,"
    "failure_kind,failure_message,failure_technical,gpu,"
    "(SELECT sum(gpu_ns) FROM session WHERE task=seq),"
    "(SELECT sum(energy_uj) FROM session WHERE task=seq),"
    "(SELECT max(estimated) FROM session WHERE task=seq),"
    "(SELECT micro_credits FROM entry WHERE entry.task=seq AND kind=1),"
    "(SELECT sum(cpu_ns) FROM session WHERE task=seq),prompt,completion,requests,requests_failed,own FROM task ";

constexpr std::string_view kEntries =
    "SELECT entry.id,at,kind,task.id,text,micro_credits,gpu_ns,energy_uj,estimated,gate_ms,"
    "drained_ms,memory_free_ms,cause,cpu_ns,entry.prompt,entry.completion,entry.requests,"
    "entry.requests_failed FROM entry LEFT JOIN task ON task.seq=entry.task ";

// Four columns; none where no language model was used.
template <typename Message>
void addUsage(Message& message, const Rows& rows, int column) {
  v1::TokenUsage usage;
  usage.set_prompt(rows.natural(column));
  usage.set_completion(rows.natural(column + 1));
  usage.set_requests(rows.natural(column + 2));
  usage.set_requests_failed(rows.natural(column + 3));
  if (usage.ByteSizeLong() > 0) *message.mutable_usage() = usage;
}

}  // namespace

std::string selectTasks(std::string_view which) { return std::string(kTasks).append(which); }

v1::Task taskOf(const Rows& rows) {
  v1::Task t;
  t.set_id(rows.text(1));
  t.set_name(rows.text(2));
  t.set_runtime(rows.text(3));
  t.set_priority(static_cast<std::int32_t>(rows.integer(4)));
  t.set_state(static_cast<v1::TaskState>(rows.integer(5)));
  t.set_progress(rows.real(6));
  t.set_attempt(static_cast<std::uint32_t>(rows.integer(7)));
  t.set_attempts_allowed(static_cast<std::uint32_t>(rows.integer(8)));
  t.set_submitted_unix_ms(rows.integer(9));
  t.set_started_unix_ms(rows.integer(10));
  t.set_ended_unix_ms(rows.integer(11));
  t.set_not_before_unix_ms(rows.integer(12));
  if (rows.integer(13) != 0 || !rows.text(14).empty()) {
    t.mutable_failure()->set_kind(static_cast<v1::Failure::Kind>(rows.integer(13)));
    t.mutable_failure()->set_message(rows.text(14));
    t.mutable_failure()->set_technical(rows.text(15));
  }
  t.set_gpu(rows.text(16));
  t.set_gpu_ns(rows.natural(17));
  t.set_energy_uj(rows.natural(18));
  t.set_energy_estimated(rows.integer(19) != 0);
  t.set_micro_credits(rows.integer(20));
  t.set_cpu_ns(rows.natural(21));
  addUsage(t, rows, 22);
  t.set_own(rows.integer(26) != 0);
  return t;
}

std::string selectEntries(std::string_view which) { return std::string(kEntries).append(which); }

v1::LedgerEntry entryOf(const Rows& rows) {
  v1::LedgerEntry entry;
  entry.set_id(rows.integer(0));
  entry.set_unix_ms(rows.integer(1));
  entry.set_kind(static_cast<v1::LedgerEntry::Kind>(rows.integer(2)));
  entry.set_task_id(rows.text(3));
  entry.set_text(rows.text(4));
  entry.set_micro_credits(rows.integer(5));
  entry.set_gpu_ns(rows.natural(6));
  entry.set_energy_uj(rows.natural(7));
  entry.set_energy_estimated(rows.integer(8) != 0);
  entry.set_cpu_ns(rows.natural(13));
  addUsage(entry, rows, 14);
  if (entry.kind() != v1::LedgerEntry::KIND_GIVE_BACK) return entry;
  auto& spans = *entry.mutable_give_back();
  spans.set_gate_ms(rows.real(9));
  spans.set_drained_ms(rows.real(10));
  spans.set_memory_free_ms(rows.real(11));
  spans.set_cause(rows.text(12));
  return entry;
}

}  // namespace lull::ledger
