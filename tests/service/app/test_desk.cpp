// SPDX-License-Identifier: Apache-2.0
// The desk: what is refused in the middle leaves nothing behind.
#include "app/desk.h"
#include "service/models/shop.h"

#include <asio/post.hpp>

#include <QTest>

#include <fstream>

using namespace lull;
using namespace lull::app;
using test::Shop;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kConnection = 7;
const ipc::Caller kOurs{.right = v1::RIGHT_ADMINISTER, .connection = kConnection};

// All that a desk needs, on the loop and the clock of a store of models that has one.
class Office {
public:
  explicit Office(const fs::path& folder) : m_shop(folder / "models"), m_folder(folder) {
    auto& loop = m_shop.loop;
    m_settings.emplace(must(settings::Store::open(folder / "settings.json")));
    m_ledger = must(ledger::Ledger::open(folder / "ledger.sqlite",
                                         [&loop](std::function<void()> f) { asio::post(loop, std::move(f)); }));
    m_files = must(runtimes::TaskFiles::create(loop, folder));
    m_images =
        must(image::Images::create(loop, m_shop.clock, {.folder = folder / "runtimes", .givenRoot = folder / "llama"},
                                   {.changed = [] {}, .needed = [] { return false; }}));
    m_senses = must(senses::Senses::create(
        loop, m_shop.clock,
        {.input = folder, .sys = folder, .proc = folder, .presenceProgram = "/bin/true", .gpusProgram = "/bin/true"},
        [] {}));
    m_workers = std::make_unique<runtimes::Workers>(loop, m_shop.clock, runtimes::WorkersOptions{.pages = folder},
                                                    [](const model::WorkerReport&) {});
    const Stages stages{loop,     m_shop.clock,  *m_settings, *m_senses, *m_workers,
                        *m_files, *m_shop.store, *m_images,   *m_ledger, std::nullopt};
    ring = std::make_unique<Ring>(stages);
    if (const auto begun = ring->begin({}); !begun) qFatal("%s", begun.error().text().c_str());
    m_desk = std::make_unique<Desk>(stages, *ring);
    const auto added = m_shop.sendAll(test::smallModel("tiny", 1000), "tiny");
    if (added.state() != v1::ModelTransfer::STATE_DONE) qFatal("%s", added.text().c_str());
  }

  Result<v1::SubmitTaskReply> beginChat() {
    v1::SubmitTaskRequest request;
    request.mutable_spec()->set_name("Chat");
    request.mutable_spec()->set_own(true);
    request.mutable_spec()->mutable_llama_chat()->set_model(m_shop.store->find("tiny")->sha256());
    return m_shop.ask<v1::SubmitTaskReply>([&](auto reply) { m_desk->handle(kOurs, request, std::move(reply)); });
  }
  void ask(const std::string& chat) {
    v1::AskRequest request;
    request.set_task_id(chat);
    std::optional<Result<v1::AskReply>> out;
    m_desk->ask(
        kOurs, request, [&out](Result<v1::AskReply> reply) { out.emplace(std::move(reply)); }, [](auto&&) {});
    if (!out || !out->ok()) qFatal("the question is refused");
  }
  // With what follows from it at once.
  void hush() {
    m_desk->hush(kOurs);
    m_shop.loop.poll();
  }
  // Whatever goes on without being asked is over; false after a long time.
  bool atRest() {
    return until([this] { return m_shop.loop.run_one_for(std::chrono::milliseconds(200)) == 0; });
  }
  bool until(const std::function<bool()>& so) { return m_shop.until(so); }
  // Nothing can be made in it any more.
  void spoilTheFolderOfTasks() const {
    fs::remove_all(m_folder / "tasks");
    std::ofstream(m_folder / "tasks") << "no folder";
  }

  std::unique_ptr<Ring> ring;

private:
  template <typename T>
  static T must(Result<T> made) {
    if (!made) qFatal("%s", made.error().text().c_str());
    return *std::move(made);
  }

  Shop m_shop;
  fs::path m_folder;
  std::optional<settings::Store> m_settings;
  std::unique_ptr<ledger::Ledger> m_ledger;
  std::unique_ptr<runtimes::TaskFiles> m_files;
  std::unique_ptr<image::Images> m_images;
  std::unique_ptr<senses::Senses> m_senses;
  std::unique_ptr<runtimes::Workers> m_workers;
  std::unique_ptr<Desk> m_desk;
};

}  // namespace

class TestDesk : public QObject {
  Q_OBJECT

private slots:
  void aConversationBelongsToItsConnection() {
    const QTemporaryDir folder;
    Office office(folder.path().toStdString());
    const auto begun = office.beginChat();
    QVERIFY2(begun.ok(), begun ? "" : begun.error().text().c_str());
    QVERIFY(office.ring->chats().has(begun->id()));
    QCOMPARE(office.ring->unfinished(), std::size_t{1});
    QCOMPARE(office.ring->chats().connectionClosed(kConnection), std::vector<std::string>{begun->id()});
  }

  void aHushedQuestionIsCountedAsIdleFromThenOn() {
    const QTemporaryDir folder;
    Office office(folder.path().toStdString());
    const auto begun = office.beginChat();
    QVERIFY2(begun.ok(), begun ? "" : begun.error().text().c_str());
    const auto counts = [&office] { return office.ring->chats().idleAt(Seconds(600)).has_value(); };
    QVERIFY(office.until(counts));
    office.ask(begun->id());
    QVERIFY(!counts());
    QVERIFY(office.atRest());
    QVERIFY(!counts());
    office.hush();
    QVERIFY(counts());
  }

  void aConversationThatCannotBeginIsUndone() {
    const QTemporaryDir folder;
    Office office(folder.path().toStdString());
    office.spoilTheFolderOfTasks();
    QVERIFY(!office.beginChat().ok());
    QCOMPARE(office.ring->unfinished(), std::size_t{0});
    QVERIFY(office.ring->chats().connectionClosed(kConnection).empty());
  }
};

QTEST_GUILESS_MAIN(TestDesk)
#include "test_desk.moc"
