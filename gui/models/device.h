// SPDX-License-Identifier: Apache-2.0
// This device as the dashboard sees it: the service's status worded for the pages, and what one may wish of it.
// Wakes by itself only while shown, and only when a text that is shown goes stale.
#pragma once

#include "bridge/connection.h"
#include "models/history.h"
#include "models/pause_choices.h"
#include "models/reasons.h"
#include "models/study.h"
#include "models/views.h"

#include <QtQmlIntegration/qqmlintegration.h>
#include <QObject>
#include <QTimer>

#include <functional>
#include <optional>

namespace lull::models {

class Device : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(QString socketPath READ socketPath WRITE setSocketPath NOTIFY socketPathChanged)
  Q_PROPERTY(bool shown READ shown WRITE setShown NOTIFY shownChanged)
  Q_PROPERTY(lull::bridge::Connection* connection READ connection CONSTANT)
  Q_PROPERTY(bool live READ live NOTIFY liveChanged)
  Q_PROPERTY(bool settled READ settled NOTIFY settledChanged)
  Q_PROPERTY(QString lostTitle READ lostTitle NOTIFY liveChanged)
  Q_PROPERTY(QString lostText READ lostText NOTIFY liveChanged)
  Q_PROPERTY(lull::models::Device::Activity activity READ activity NOTIFY activityChanged)
  Q_PROPERTY(bool sharing READ sharing NOTIFY sharingChanged)
  Q_PROPERTY(bool paused READ paused NOTIFY pausedChanged)
  Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)
  Q_PROPERTY(lull::models::Headline headline READ headline NOTIFY headlineChanged)
  Q_PROPERTY(lull::models::Heat heat READ heat NOTIFY heatChanged)
  Q_PROPERTY(lull::models::Share share READ share NOTIFY shareChanged)
  Q_PROPERTY(lull::models::Work work READ work NOTIFY workChanged)
  Q_PROPERTY(lull::models::Study study READ study NOTIFY studyChanged)
  Q_PROPERTY(lull::models::Contributed contributed READ contributed NOTIFY contributedChanged)
  Q_PROPERTY(lull::models::GivenBack givenBack READ givenBack NOTIFY givenBackChanged)
  Q_PROPERTY(lull::models::History history READ history NOTIFY historyChanged)
  Q_PROPERTY(lull::models::ReasonList* reasons READ reasons CONSTANT)
  Q_PROPERTY(lull::models::PauseChoices* pauseChoices READ pauseChoices CONSTANT)
public:
  enum class Activity { Unknown, Working, Ready, Resting, Off, Stopping };
  Q_ENUM(Activity)
  using Now = std::function<UnixMs()>;

  explicit Device(QObject* parent = nullptr);
  Device(bridge::Pace pace, Now now, QObject* parent = nullptr);

  [[nodiscard]] QString socketPath() const { return m_connection.socketPath(); }
  void setSocketPath(const QString& path);  // connects; an empty path stands for the usual places
  [[nodiscard]] bool shown() const { return m_shown; }
  void setShown(bool shown);

  [[nodiscard]] bridge::Connection* connection() { return &m_connection; }
  [[nodiscard]] bool live() const { return m_live; }  // connected, and the status is known
  [[nodiscard]] bool settled() const;                 // live, and every question was answered
  [[nodiscard]] QString lostTitle() const;
  [[nodiscard]] QString lostText() const;
  [[nodiscard]] Activity activity() const { return m_activity; }
  [[nodiscard]] bool sharing() const;  // as wished, while the wish is under way
  [[nodiscard]] bool paused() const { return m_paused; }
  [[nodiscard]] QString notice() const { return m_notice; }  // why the last wish was not granted
  [[nodiscard]] Headline headline() const { return m_headline; }
  [[nodiscard]] Heat heat() const { return m_heat; }
  [[nodiscard]] Share share() const { return m_share; }
  [[nodiscard]] Work work() const { return m_work; }
  [[nodiscard]] Study study() const { return m_study; }  // of the task in work()
  [[nodiscard]] Contributed contributed() const { return m_contributed; }
  [[nodiscard]] GivenBack givenBack() const { return m_givenBack; }
  [[nodiscard]] History history() const { return m_history; }
  [[nodiscard]] ReasonList* reasons() { return &m_reasons; }
  [[nodiscard]] PauseChoices* pauseChoices() { return &m_pauseChoices; }

  Q_INVOKABLE void setSharing(bool on);
  Q_INVOKABLE void pause(int choice);  // a row of pauseChoices
  Q_INVOKABLE void resume();
  Q_INVOKABLE void cancelTask(const QString& id);
  Q_INVOKABLE void dismissNotice() { setNotice({}); }

signals:
  void socketPathChanged();
  void shownChanged();
  void liveChanged();
  void settledChanged();
  void activityChanged();
  void sharingChanged();
  void pausedChanged();
  void noticeChanged();
  void headlineChanged();
  void heatChanged();
  void shareChanged();
  void workChanged();
  void studyChanged();
  void contributedChanged();
  void givenBackChanged();
  void historyChanged();

private:
  using Signal = void (Device::*)();
  template <typename T>
  void set(T& member, const T& value, Signal changed) {
    if (member == value) return;
    member = value;
    emit(this->*changed)();
  }
  template <typename Request>
  void wish(Request request, std::function<void(bool granted)> then = {});

  void connectionChanged();
  void statusChanged();
  void refresh();      // words everything anew
  void refreshAged();  // words what goes stale, and wakes again when it does
  void enquire();      // what the stream does not tell: thresholds and history
  void enquireHistory();
  [[nodiscard]] const v1::Task* shownTask() const;
  void enquireStudy();  // the shown task, when it is another or has learned more
  void enquireModel(const v1::Task& task);
  void setNotice(const QString& notice);
  void setWanted(std::optional<bool> sharing);
  void asked(int change);

  Now m_now;
  bridge::Connection m_connection;
  QTimer m_stale;
  ReasonList m_reasons;
  PauseChoices m_pauseChoices;
  bool m_shown = true;
  bool m_live = false;
  bool m_paused = false;
  bool m_wishDone = false;  // m_wanted was granted; the next status tells the same
  bool m_hot = false;       // a too_hot reason stood in the last status
  int m_openQuestions = 0;
  UnixMs m_historyAsked = 0;
  UnixMs m_studyAsked = 0;
  QString m_studied;             // the task that was asked about
  double m_studiedUntil = 0;     // its progress then
  std::optional<bool> m_wanted;  // sharing, as wished
  Activity m_activity = Activity::Unknown;
  Thresholds m_thresholds;
  QString m_notice;
  Headline m_headline;
  Heat m_heat;
  Share m_share;
  Work m_work;
  Study m_study;
  Contributed m_contributed;
  GivenBack m_givenBack;
  History m_history;
};

}  // namespace lull::models
