// SPDX-License-Identifier: Apache-2.0
#include "models/programs.h"

#include "base/file.h"
#include "models/wording.h"

#include <algorithm>
#include <utility>

namespace lull::models {

namespace {

constexpr std::chrono::seconds kAgain{1};
constexpr std::uint64_t kWorthTelling = 1 << 20;  // of memory: less reads as nothing

QString stateOf(const v1::GovernedProgram& program) {
  if (program.parked()) return Programs::tr("Parked: its GPU work waits");
  if (!program.attached()) return Programs::tr("Uses no GPU under the governor");
  return Programs::tr("Uses %1 of the GPU").arg(percent(program.gpu_share()));
}

QString detailOf(const v1::GovernedProgram& program) {
  auto out = Programs::tr("%1 of GPU time").arg(shortSpan(static_cast<double>(program.gpu_ns()) / 1e9));
  if (program.memory_bytes() >= kWorthTelling)
    out += Programs::tr(", %1 of its memory").arg(bytes(program.memory_bytes()));
  if (program.stop_latency().count() > 0) {
    out += Programs::tr(", last given back in %1").arg(milliseconds(program.stop_latency().last_ms()));
  }
  return out;
}

// What a wish came to, when the person should know more than the row shows.
QString noticeOf(const v1::ParkProgramReply& reply) {
  const auto& back = reply.given_back();
  if (back.outcome() == v1::GivenBack::OUTCOME_DRAINED) return {};
  if (back.outcome() == v1::GivenBack::OUTCOME_NOT_ATTACHED && reply.program().devices() > 0) return {};
  return Programs::tr("%1 did not give the GPU back: %2", "program, reason")
      .arg(QString::fromStdString(reply.program().name()), QString::fromStdString(back.why()));
}
template <typename Reply>
QString noticeOf(const Reply&) {
  return {};
}

bool isPath(const std::unique_ptr<bridge::GovernedLink>& link, const QString& path) { return link->path() == path; }

}  // namespace

ProgramView programView(const v1::GovernedProgram& program) {
  return {.name = QString::fromStdString(program.name()),
          .state = stateOf(program),
          .detail = detailOf(program),
          .duty = static_cast<int>(program.duty_percent()),
          .parked = program.parked()};
}

Programs::Programs(QObject* parent) : QAbstractListModel(parent) {
  m_again.setInterval(kAgain);
  connect(&m_again, &QTimer::timeout, this, qOverload<>(&Programs::enquire));
  connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, &Programs::look);
  // Made here where it is missing: what is not there cannot be watched.
  const auto folder = wire::governedFolder();
  if (makePrivateFolder(folder.parent_path()) && makePrivateFolder(folder) && wire::checkPrivate(folder)) {
    m_watcher.addPath(QString::fromStdString(folder.string()));
  }
  look();
}

Programs::~Programs() = default;

void Programs::setShown(bool shown) {
  if (m_shown == shown) return;
  m_shown = shown;
  if (shown) enquire();
  keepTime();
  emit shownChanged();
}

void Programs::keepTime() {
  if (m_shown && !m_rows.empty()) {
    if (!m_again.isActive()) m_again.start();
  } else {
    m_again.stop();
  }
}

bool Programs::settled() const { return m_unknown.empty(); }

void Programs::look() {
  for (const auto& socket : wire::governedSockets()) {
    const auto path = QString::fromStdString(socket.string());
    const bool known = std::ranges::any_of(m_rows, [&](const Row& row) { return isPath(row.link, path); }) ||
                       std::ranges::any_of(m_unknown, [&](const auto& link) { return isPath(link, path); });
    if (known) continue;
    m_unknown.push_back(std::make_unique<bridge::GovernedLink>(path));
    auto& link = *m_unknown.back();
    connect(&link, &bridge::GovernedLink::ended, this, [this, &link] { forget(link); });
    connect(&link, &bridge::GovernedLink::opened, this, [this, &link] { enquire(link); });
  }
}

void Programs::enquire() {
  for (const auto& row : m_rows) enquire(*row.link);
}

void Programs::enquire(bridge::GovernedLink& link) {
  link.ask<v1::GetProgramRequest>({}, [this, &link](const Result<v1::GetProgramReply>& reply) {
    if (reply.ok()) show(link, reply->program());
  });
}

void Programs::show(const bridge::GovernedLink& link, const v1::GovernedProgram& program) {
  const auto view = programView(program);
  const auto row = std::ranges::find_if(m_rows, [&](const Row& r) { return r.link.get() == &link; });
  if (row != m_rows.end()) {
    if (row->view == view) return;
    row->view = view;
    const auto changed = index(static_cast<int>(row - m_rows.begin()));
    emit dataChanged(changed, changed);
    return;
  }
  const auto found = std::ranges::find_if(m_unknown, [&](const auto& unknown) { return unknown.get() == &link; });
  if (found == m_unknown.end()) return;
  const auto at = std::ranges::upper_bound(m_rows, view.name, {}, [](const Row& r) { return r.view.name; });
  const int number = static_cast<int>(at - m_rows.begin());
  beginInsertRows({}, number, number);
  m_rows.insert(at, {.link = std::move(*found), .view = view});
  m_unknown.erase(found);
  endInsertRows();
  keepTime();
  emit countChanged();
  emit settledChanged();
}

// Called from within the link: it lives until the loop comes round.
void Programs::forget(const bridge::GovernedLink& link) {
  const auto unknown = std::ranges::find_if(m_unknown, [&](const auto& each) { return each.get() == &link; });
  if (unknown != m_unknown.end()) {
    unknown->release()->deleteLater();
    m_unknown.erase(unknown);
    emit settledChanged();
    return;
  }
  const auto row = std::ranges::find_if(m_rows, [&](const Row& r) { return r.link.get() == &link; });
  if (row == m_rows.end()) return;
  const int number = static_cast<int>(row - m_rows.begin());
  beginRemoveRows({}, number, number);
  row->link.release()->deleteLater();
  m_rows.erase(row);
  endRemoveRows();
  keepTime();
  emit countChanged();
}

template <typename Request>
void Programs::wish(int row, Request request) {
  if (row < 0 || row >= count()) return;
  setNotice({});
  auto& link = *m_rows[static_cast<std::size_t>(row)].link;
  link.ask<Request>(std::move(request), [this, &link](const auto& reply) {
    if (!reply.ok()) return setNotice(tr("That did not work: %1").arg(QString::fromStdString(reply.error().text())));
    show(link, reply->program());
    setNotice(noticeOf(*reply));
  });
}

void Programs::park(int row) { wish(row, v1::ParkProgramRequest()); }
void Programs::resume(int row) { wish(row, v1::ResumeProgramRequest()); }

void Programs::setDuty(int row, int percent) {
  v1::SetProgramDutyRequest request;
  request.set_percent(static_cast<std::uint32_t>(std::clamp(percent, 1, 100)));
  wish(row, std::move(request));
}

void Programs::setNotice(const QString& notice) {
  if (m_notice == notice) return;
  m_notice = notice;
  emit noticeChanged();
}

int Programs::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : count(); }

QVariant Programs::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const auto& view = m_rows[static_cast<std::size_t>(index.row())].view;
  switch (role) {
    case Name:
      return view.name;
    case State:
      return view.state;
    case Detail:
      return view.detail;
    case Duty:
      return view.duty;
    case Parked:
      return view.parked;
    default:
      return {};
  }
}

QHash<int, QByteArray> Programs::roleNames() const {
  return {{Name, "name"}, {State, "condition"}, {Detail, "detail"}, {Duty, "duty"}, {Parked, "parked"}};
}

}  // namespace lull::models
