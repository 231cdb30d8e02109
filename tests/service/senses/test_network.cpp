// SPDX-License-Identifier: Apache-2.0
// The word of a NetworkManager on a private bus: heard at once, asked for again by nobody, gone with its speaker.
#include "senses/linux/network.h"

#include <systemd/sd-bus.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <string>

using namespace lull;

namespace {

constexpr const char* kName = "org.freedesktop.NetworkManager";
constexpr const char* kObject = "/org/freedesktop/NetworkManager";

// A real bus of our own.
class PrivateBus {
public:
  PrivateBus() {
    std::ofstream(file()) << "<busconfig><listen>" << address() << "</listen><auth>EXTERNAL</auth>"
                          << "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/>"
                          << "<allow own='*'/></policy></busconfig>";
  }
  ~PrivateBus() { stop(); }
  [[nodiscard]] std::string address() const { return "unix:path=" + m_folder.path().toStdString() + "/bus"; }
  bool begin() {
    m_daemon.start("dbus-daemon", {"--config-file=" + QString::fromStdString(file()), "--nofork", "--print-address"});
    return m_daemon.waitForReadyRead(10'000);
  }
  void stop() {
    m_daemon.kill();
    m_daemon.waitForFinished(10'000);
  }

private:
  [[nodiscard]] std::string file() const { return m_folder.path().toStdString() + "/bus.conf"; }
  QTemporaryDir m_folder;
  QProcess m_daemon;
};

int tellMetered(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply, void* value, sd_bus_error*) {
  return sd_bus_message_append(reply, "u", *static_cast<std::uint32_t*>(value));
}

// NetworkManager, as far as this property goes.
class Manager {
public:
  explicit Manager(const std::string& address, std::uint32_t metered) : m_metered(metered) {
    static const sd_bus_vtable table[] = {
        SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("Metered", "u", tellMetered, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END};
    sd_bus_new(&m_bus);
    sd_bus_set_address(m_bus, address.c_str());
    sd_bus_set_bus_client(m_bus, 1);
    m_ok = sd_bus_start(m_bus) >= 0 &&
           sd_bus_add_object_vtable(m_bus, nullptr, kObject, kName, table, &m_metered) >= 0 &&
           sd_bus_request_name(m_bus, kName, 0) >= 0;
  }
  ~Manager() { sd_bus_flush_close_unref(m_bus); }
  [[nodiscard]] bool isOk() const { return m_ok; }
  void say(std::uint32_t metered) {
    m_metered = metered;
    sd_bus_emit_properties_changed(m_bus, kObject, kName, "Metered", nullptr);
  }
  void proceed() {
    while (sd_bus_process(m_bus, nullptr) > 0) {
    }
  }

private:
  sd_bus* m_bus = nullptr;
  std::uint32_t m_metered;
  bool m_ok = false;
};

}  // namespace

class TestNetwork : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_bus = std::make_unique<PrivateBus>();
    QVERIFY(m_bus->begin());
    m_changes = 0;
    m_watch = std::make_unique<senses::NetworkWatch>(m_loop, m_bus->address(), [this] { ++m_changes; });
  }
  void cleanup() {
    m_watch.reset();
    m_manager.reset();
    m_loop.restart();
    m_loop.poll();
    m_bus.reset();
  }

  void whatItSaysIsKnown_data() {
    QTest::addColumn<quint32>("metered");
    QTest::addColumn<bool>("known");
    QTest::addColumn<bool>("isMetered");
    QTest::newRow("unknown") << 0U << false << false;
    QTest::newRow("yes") << 1U << true << true;
    QTest::newRow("no") << 2U << true << false;
    QTest::newRow("guessed yes") << 3U << true << true;
    QTest::newRow("guessed no") << 4U << true << false;
    QTest::newRow("from the future") << 5U << false << false;
  }
  void whatItSaysIsKnown() {
    QFETCH(quint32, metered);
    QFETCH(bool, known);
    QFETCH(bool, isMetered);
    speak(metered == 2 ? 1 : 2);
    m_watch->start();
    QVERIFY(until([this] { return m_watch->network().known(); }));
    m_manager->say(metered);
    QVERIFY(until([&] { return m_watch->network().known() == known && m_watch->network().metered() == isMetered; }));
    QCOMPARE(m_watch->network().text().empty(), !known);
  }

  void nobodyThereIsNotKnown() {
    m_watch->start();
    speak(1);  // it comes later
    QVERIFY(until([this] { return m_watch->network().metered(); }));
    m_manager.reset();
    QVERIFY(until([this] { return !m_watch->network().known(); }));
    speak(1);
    QVERIFY(until([this] { return m_watch->network().metered(); }));
  }

  void aBusThatDiesIsFoundAgain() {
    speak(1);
    m_watch->start();
    QVERIFY(until([this] { return m_watch->network().metered(); }));
    m_manager.reset();
    m_bus->stop();
    QVERIFY(until([this] { return !m_watch->network().known(); }));
    QVERIFY(m_bus->begin());
    speak(1);
    QVERIFY(until([this] { return m_watch->network().metered(); }));
  }

  void theSameWordTwiceIsNoChange() {
    speak(1);
    m_watch->start();
    QVERIFY(until([this] { return m_watch->network().metered(); }));
    const int before = m_changes;
    m_manager->say(1);
    m_manager->say(2);
    QVERIFY(until([this] { return !m_watch->network().metered(); }));
    QCOMPARE(m_changes, before + 1);
  }

private:
  void speak(std::uint32_t metered) {
    m_manager = std::make_unique<Manager>(m_bus->address(), metered);
    QVERIFY(m_manager->isOk());
  }
  bool until(const std::function<bool()>& so) {
    QElapsedTimer clock;
    clock.start();
    while (!so()) {
      if (clock.elapsed() > 30'000) return false;
      if (m_manager) m_manager->proceed();
      m_loop.restart();
      m_loop.run_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  asio::io_context m_loop;
  std::unique_ptr<PrivateBus> m_bus;
  std::unique_ptr<Manager> m_manager;
  std::unique_ptr<senses::NetworkWatch> m_watch;
  int m_changes = 0;
};

QTEST_GUILESS_MAIN(TestNetwork)
#include "test_network.moc"
