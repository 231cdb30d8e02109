// SPDX-License-Identifier: Apache-2.0
// What comes out of a sandbox is heard in its order and once, whoever reads it.
#include "runtimes/sandbox/listening.h"

#include "process/child.h"

#include <QTest>

#include <unistd.h>

#include <string>

using namespace lull;
using sandbox::Listening;

class TestListening : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_loop.restart();
    auto pipe = process::makePipe();
    QVERIFY(pipe.ok());
    m_ours = std::move(pipe->read);
    m_theirs = std::move(pipe->write);
  }

  // As where two pipes have something to tell, and the other one's turn is first.
  void theRestFollowsWhatIsOnItsWay() {
    say("one ");
    Listening listening(m_loop, std::move(m_ours), 100);
    bool ended = false;
    listening.hear([&ended] { ended = true; });
    say("two ");
    listening.hearRest();
    QCOMPARE(listening.text(), std::string("one two "));
    say("three");
    m_theirs.reset();
    m_loop.run();
    QVERIFY(ended);
    QCOMPARE(listening.text(), std::string("one two three"));
  }

  void theLastBytesAreKept() {
    Listening listening(m_loop, std::move(m_ours), 4);
    listening.hear([] {});
    say("0123456789");
    m_theirs.reset();
    m_loop.run();
    QCOMPARE(listening.text(), std::string("6789"));
  }

private:
  void say(const std::string& text) const {
    QCOMPARE(::write(m_theirs.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  asio::io_context m_loop;
  Fd m_ours;
  Fd m_theirs;
};

QTEST_GUILESS_MAIN(TestListening)
#include "test_listening.moc"
