// SPDX-License-Identifier: Apache-2.0
#include "models/device.h"

#include "models/sentence.h"

#include <QDateTime>

#include <algorithm>
#include <utility>

namespace lull::models {

namespace {

// The history is asked anew when it is older than this and something happens.
constexpr UnixMs kHistoryAge = 5 * 60 * 1000;
constexpr UnixMs kStudyAge = 3 * 1000;            // of a task that goes on
constexpr UnixMs kHistoryAgeAtChange = 5 * 1000;  // and that is a beginning or an end of work

Device::Activity activityOf(const v1::Status& status) {
  switch (status.activity()) {
    case v1::ACTIVITY_WORKING:
      return Device::Activity::Working;
    case v1::ACTIVITY_READY:
      return Device::Activity::Ready;
    case v1::ACTIVITY_RESTING:
      return Device::Activity::Resting;
    case v1::ACTIVITY_OFF:
      return Device::Activity::Off;
    case v1::ACTIVITY_STOPPING:
      return Device::Activity::Stopping;
    default:
      return Device::Activity::Unknown;
  }
}

bool restsForHeat(const v1::Status& status) {
  return std::ranges::any_of(allReasons(status), [](const HeldBy& held) { return held.reason->rule() == "too_hot"; });
}

}  // namespace

Device::Device(QObject* parent) : Device({}, QDateTime::currentMSecsSinceEpoch, parent) {}

Device::Device(bridge::Pace pace, Now now, QObject* parent)
    : QObject(parent), m_now(std::move(now)), m_connection(pace) {
  m_stale.setSingleShot(true);
  m_stale.setTimerType(Qt::PreciseTimer);  // one that comes early would have to be set again
  connect(&m_stale, &QTimer::timeout, this, &Device::refreshAged);
  connect(&m_connection, &bridge::Connection::stateChanged, this, &Device::connectionChanged);
  connect(&m_connection, &bridge::Connection::statusChanged, this, &Device::statusChanged);
}

void Device::setSocketPath(const QString& path) {
  m_connection.open(path);
  emit socketPathChanged();
}

void Device::setShown(bool shown) {
  if (m_shown == shown) return;
  m_shown = shown;
  m_connection.setWatching(shown);
  if (!shown) m_stale.stop();
  if (shown && m_live) {
    refreshAged();
    enquire();
  }
  emit shownChanged();
}

bool Device::settled() const { return m_live && m_openQuestions == 0; }

bool Device::sharing() const { return m_wanted.value_or(m_connection.status().sharing()); }

QString Device::lostTitle() const {
  switch (m_connection.state()) {
    case bridge::Connection::State::Lost:
      return tr("The Lull service is not running");
    case bridge::Connection::State::Refused:
      return tr("Dashboard and service are of different versions");
    default:
      return tr("Looking for the Lull service");
  }
}

QString Device::lostText() const {
  switch (m_connection.state()) {
    case bridge::Connection::State::Lost:
      return tr(
          "Nothing is lent while it is away. Start it with “systemctl start lulld”, or in the source folder "
          "with “./dev run”. This window notices by itself when it is back.");
    case bridge::Connection::State::Refused:
      return tr("Install the same version of both, then start the service anew.");
    default:
      return {};
  }
}

void Device::connectionChanged() {
  if (m_connection.state() == bridge::Connection::State::Connected) {
    enquire();
  } else {
    m_live = false;
    m_stale.stop();
    setWanted({});
  }
  emit liveChanged();
  emit settledChanged();
}

void Device::statusChanged() {
  const bool first = !std::exchange(m_live, true);
  if (std::exchange(m_wishDone, false)) setWanted({});
  const auto before = m_activity;
  refresh();
  if (first) {
    emit liveChanged();
    emit settledChanged();
  }
  enquireStudy();
  const auto age = m_now() - m_historyAsked;
  if (age > (before == m_activity ? kHistoryAge : kHistoryAgeAtChange)) enquireHistory();
}

void Device::refresh() {
  const auto& status = m_connection.status();
  set(m_activity, activityOf(status), &Device::activityChanged);
  set(m_paused, status.paused_until_unix_ms() != 0, &Device::pausedChanged);
  set(m_heat, models::heat(status, m_thresholds), &Device::heatChanged);
  set(m_share, models::share(status), &Device::shareChanged);
  set(m_work, models::work(status), &Device::workChanged);
  set(m_contributed, models::contributed(status), &Device::contributedChanged);
  emit sharingChanged();
  refreshAged();
  if (std::exchange(m_hot, restsForHeat(status)) != m_hot) enquire();  // somebody may have moved the thresholds
}

void Device::refreshAged() {
  const auto now = m_now();
  const auto& status = m_connection.status();
  set(m_headline, models::headline(status, now), &Device::headlineChanged);
  set(m_givenBack, models::givenBack(status, now), &Device::givenBackChanged);
  auto changesAt = std::min(sentence(status, now).changesAt.value_or(nextMidnight(now)), nextMidnight(now));
  if (const auto reasons = m_reasons.show(status, now)) changesAt = std::min(changesAt, *reasons);
  if (!m_shown || !m_live) return m_stale.stop();
  m_stale.start(std::chrono::milliseconds(std::max<UnixMs>(changesAt - now, 1)));
}

void Device::enquire() {
  if (m_connection.state() != bridge::Connection::State::Connected) return;
  v1::GetSettingsRequest request;
  request.set_prefix("thermal");
  asked(+1);
  m_connection.ask<v1::GetSettingsRequest>(std::move(request), [this](const Result<v1::GetSettingsReply>& reply) {
    asked(-1);
    if (!reply.ok()) return;
    m_thresholds = thresholds(*reply);
    if (m_live) set(m_heat, models::heat(m_connection.status(), m_thresholds), &Device::heatChanged);
  });
  enquireHistory();
}

void Device::enquireHistory() {
  m_historyAsked = m_now();
  const auto request = historyRequest(m_historyAsked);
  asked(+1);
  m_connection.ask<v1::GetHistoryRequest>(request, [this, request](const Result<v1::GetHistoryReply>& reply) {
    asked(-1);
    if (reply.ok()) set(m_history, models::history(request, *reply), &Device::historyChanged);
  });
}

const v1::Task* Device::shownTask() const {
  const auto& running = m_connection.status().running();
  const auto found = std::ranges::find(running, m_work.id.toStdString(), &v1::Task::id);
  return found == running.end() ? nullptr : &*found;
}

void Device::enquireStudy() {
  const auto* task = shownTask();
  if (task == nullptr || task->runtime() != "llama") {
    m_studied.clear();
    return set(m_study, {}, &Device::studyChanged);
  }
  const bool another = m_studied != m_work.id;
  const bool further = task->progress() != m_studiedUntil && m_now() - m_studyAsked > kStudyAge;
  if (!another && !further) return;
  if (another) set(m_study, {}, &Device::studyChanged);
  m_studied = m_work.id;
  m_studyAsked = m_now();
  m_studiedUntil = task->progress();
  v1::GetTaskRequest request;
  request.set_id(task->id());
  asked(+1);
  m_connection.ask<v1::GetTaskRequest>(std::move(request), [this](const Result<v1::GetTaskReply>& reply) {
    asked(-1);
    if (!reply.ok() || QString::fromStdString(reply->task().id()) != m_studied) return;
    set(m_study, models::study(reply->task(), m_study.model), &Device::studyChanged);
    if (m_study.model.isEmpty()) enquireModel(reply->task());
  });
}

void Device::enquireModel(const v1::Task& task) {
  const auto hash = modelOf(task);
  if (hash.empty()) return;
  v1::GetModelRequest request;
  request.set_which(hash);
  asked(+1);
  m_connection.ask<v1::GetModelRequest>(std::move(request),
                                        [this, of = m_studied](const Result<v1::GetModelReply>& reply) {
                                          asked(-1);
                                          if (!reply.ok() || of != m_studied) return;
                                          auto study = m_study;
                                          study.model = QString::fromStdString(reply->model().name());
                                          set(m_study, study, &Device::studyChanged);
                                        });
}

template <typename Request>
void Device::wish(Request request, std::function<void(bool granted)> then) {
  setNotice({});
  m_connection.ask<Request>(std::move(request), [this, then = std::move(then)](const auto& reply) {
    if (then) then(reply.ok());
    if (reply.ok()) return;
    const auto text = QString::fromStdString(reply.error().text());
    setNotice(reply.error().kind() == Error::Kind::Denied ? tr("You may look, but not change this: %1").arg(text)
                                                          : tr("That did not work: %1").arg(text));
  });
}

void Device::setSharing(bool on) {
  setWanted(on);
  v1::SetSharingRequest request;
  request.set_on(on);
  wish(std::move(request), [this](bool granted) {
    m_wishDone = granted;
    if (!granted) setWanted({});
  });
}

void Device::pause(int choice) {
  if (choice < PauseChoices::HalfAnHour || choice > PauseChoices::UntilResumed) return;
  v1::PauseRequest request;
  request.set_until_unix_ms(PauseChoices::until(static_cast<PauseChoices::Choice>(choice), m_now()));
  wish(std::move(request));
}

void Device::resume() { wish(v1::ResumeRequest()); }

void Device::cancelTask(const QString& id) {
  v1::CancelTaskRequest request;
  request.set_id(id.toStdString());
  wish(std::move(request));
}

void Device::setNotice(const QString& notice) { set(m_notice, notice, &Device::noticeChanged); }

void Device::setWanted(std::optional<bool> sharing) {
  if (m_wanted == sharing) return;
  m_wanted = sharing;
  emit sharingChanged();
}

void Device::asked(int change) {
  m_openQuestions += change;
  if (m_openQuestions == 0) emit settledChanged();
}

}  // namespace lull::models
