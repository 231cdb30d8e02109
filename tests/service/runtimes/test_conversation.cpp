// SPDX-License-Identifier: Apache-2.0
// What a worker said before its end is heard, in its order and once.
#include "runtimes/conversation.h"

#include <QTest>

#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

using namespace lull;
using runtimes::Conversation;

class TestConversation : public QObject {
  Q_OBJECT

private slots:
  void init() {
    auto ends = Conversation::create(m_loop);
    QVERIFY(ends.ok());
    m_ours = ends->ours;
    m_theirs = std::move(ends->theirs);
    m_heard.clear();
    m_broken.clear();
  }

  // As where the end of a process is known before the loop has come to its last words.
  void whatCameBeforeTheEndIsHeardInItsOrder() {
    say(0.1);
    begin();
    say(0.2);
    m_ours->end();
    m_loop.restart();
    m_loop.run();
    QCOMPARE(m_heard, (std::vector<double>{0.1, 0.2}));
    QVERIFY(m_broken.empty());
  }

  void aFrameMayComeInTwo() {
    const auto bytes = framed(0.3);
    say(bytes.substr(0, 1));
    begin();
    m_loop.restart();
    m_loop.poll();
    QVERIFY(m_heard.empty());
    say(bytes.substr(1));
    m_ours->end();
    QCOMPARE(m_heard, std::vector<double>{0.3});
  }

  void nothingIsHeardAfterGarbage() {
    begin();
    say(std::string(20, '\xff'));
    say(0.4);
    m_loop.restart();
    m_loop.poll();
    m_ours->end();
    QVERIFY(m_broken.find("garbage") != std::string::npos);
    QVERIFY(m_heard.empty());
  }

private:
  static std::string framed(double number) {
    worker::v1::FromWorker message;
    message.mutable_progress()->set_progress(number);
    std::string bytes;
    if (!wire::appendFrame(bytes, message)) qFatal("it exceeds a frame");
    return bytes;
  }
  void say(double number) const { say(framed(number)); }
  void say(const std::string& bytes) const {
    QCOMPARE(::write(m_theirs.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void begin() {
    m_ours->begin({.heard = [this](const auto& message) { m_heard.push_back(message.progress().progress()); },
                   .broken = [this](const std::string& how) { m_broken = how; }});
  }
  asio::io_context m_loop;
  std::shared_ptr<Conversation> m_ours;
  Fd m_theirs;
  std::vector<double> m_heard;
  std::string m_broken;
};

QTEST_GUILESS_MAIN(TestConversation)
#include "test_conversation.moc"
