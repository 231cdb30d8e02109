// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/journal.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <sstream>

using namespace lull;
using namespace lull::runtimes::llama;

namespace {

v1::TokenUsage usage(std::uint64_t prompt, std::uint64_t completion) {
  v1::TokenUsage out;
  out.set_prompt(prompt);
  out.set_completion(completion);
  out.set_requests(1);
  return out;
}

std::string bytesOf(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

}  // namespace

class TestJournal : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = std::filesystem::path(m_folder->path().toStdString()) / "journal";
  }
  void whatIsDoneStays();
  void draftsGrow();
  void everyTornEndIsCutOff();
  void anotherTasksJournalIsRefused();
  void aFinishCountsOnce();

private:
  std::unique_ptr<Journal> open(std::size_t requests = 3) {
    auto journal = Journal::open(m_file, "task", requests);
    return journal ? std::move(*journal) : nullptr;
  }
  static std::vector<std::string> linesOf(const Journal& journal) {
    std::vector<std::string> out;
    if (!journal.readLines([&](std::string_view line) -> Outcome {
          out.emplace_back(line);
          return {};
        })) {
      out.clear();
    }
    return out;
  }
  std::unique_ptr<QTemporaryDir> m_folder;
  std::filesystem::path m_file;
};

void TestJournal::whatIsDoneStays() {
  {
    const auto journal = open(2);
    QVERIFY(journal->finish(1, R"({"b":"\n"})", usage(3, 4)).ok());
    QVERIFY(journal->finish(0, R"({"a":1})", usage(1, 2)).ok());
  }
  const auto journal = open(2);
  QVERIFY(journal->isDone(0) && journal->isDone(1));
  QCOMPARE(journal->done(), 2U);
  QCOMPARE(journal->usage().prompt(), 4U);
  QCOMPARE(journal->usage().completion(), 6U);
  QCOMPARE(linesOf(*journal), (std::vector<std::string>{R"({"a":1})", R"({"b":"\n"})"}));
}

void TestJournal::draftsGrow() {
  {
    const auto journal = open();
    QVERIFY(journal->extend(2, {.promptTokens = 9, .tokens = {1, 2}, .text = "ab"}).ok());
    QVERIFY(journal->extend(2, {.promptTokens = 9, .tokens = {3}, .text = "c"}).ok());
    QVERIFY(journal->strike(1).ok());
    QVERIFY(journal->runShort(0).ok());
  }
  auto journal = open();
  const auto draft = journal->draft(2);
  QCOMPARE(draft.promptTokens, 9U);
  QCOMPARE(draft.tokens, (std::vector<std::int32_t>{1, 2, 3}));
  QCOMPARE(draft.text, std::string("abc"));
  QCOMPARE(journal->strikes(1), 1U);
  QCOMPARE(journal->shortages(1), 0U);
  QCOMPARE(journal->shortages(0), 1U);
  QCOMPARE(journal->strikes(0), 0U);
  QVERIFY(!journal->isDone(2));
  QVERIFY(journal->finish(2, "{}", usage(1, 1)).ok());
  QVERIFY(journal->draft(2).tokens.empty());
}

// A crash may cut the file anywhere: whole records before it stand, and the journal goes on from there.
void TestJournal::everyTornEndIsCutOff() {
  {
    const auto journal = open();
    QVERIFY(journal->finish(0, R"({"a":1})", usage(1, 2)).ok());
    QVERIFY(journal->finish(1, R"({"b":2})", usage(3, 4)).ok());
  }
  const auto whole = bytesOf(m_file);
  const auto second = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    std::ofstream(m_file, std::ios::binary | std::ios::trunc) << whole.substr(0, cut);
    const auto journal = open();
    QVERIFY(journal != nullptr);
    QVERIFY(!journal->isDone(1));
    if (cut >= second) QVERIFY(journal->isDone(0));
    for (std::size_t i = 0; i < 3; ++i) QVERIFY(journal->finish(i, "{}", usage(1, 1)).ok());
    QCOMPARE(linesOf(*open()).size(), 3U);
  }
  std::string damaged = whole;
  damaged[second + 12] ^= 1;
  std::ofstream(m_file, std::ios::binary | std::ios::trunc) << damaged;
  QVERIFY(!open()->isDone(1));
}

void TestJournal::anotherTasksJournalIsRefused() {
  QVERIFY(open() != nullptr);
  const auto other = Journal::open(m_file, "other", 3);
  QVERIFY(other.error().kind() == Error::Kind::Invalid);
}

void TestJournal::aFinishCountsOnce() {
  const auto journal = open(1);
  QVERIFY(journal->finish(0, R"({"a":1})", usage(1, 2)).ok());
  QVERIFY(journal->finish(0, R"({"a":2})", usage(1, 2)).ok());
  QCOMPARE(journal->usage().prompt(), 1U);
  QCOMPARE(linesOf(*journal), std::vector<std::string>{R"({"a":1})"});
}

QTEST_GUILESS_MAIN(TestJournal)
#include "test_journal.moc"
