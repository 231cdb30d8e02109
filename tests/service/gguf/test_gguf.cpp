// SPDX-License-Identifier: Apache-2.0
// Good files say what they are; each hostile one is refused for its own reason, without harm.
#include "base/file.h"
#include "gguf/header.h"
#include "gguf/types.h"
#include "llama/model.h"
#include "service/gguf/gguf_bytes.h"

#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>

#include <fstream>
#include <limits>

using namespace lull;
using namespace lull::gguf;
using lull::test::GgufBytes;

namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

// Two facts, then whatever a test adds.
GgufBytes model(std::uint64_t tensors, std::uint64_t pairs) {
  GgufBytes out;
  out.begin(tensors, pairs + 1).fact("general.architecture", "llama");
  return out;
}

QByteArray bytesOf(const GgufBytes& gguf) { return QByteArray::fromStdString(gguf.bytes()); }

Result<Header> read(const QByteArray& bytes) {
  return readHeader(fromMemory({bytes.constData(), static_cast<std::size_t>(bytes.size())}));
}

}  // namespace

class TestGguf : public QObject {
  Q_OBJECT

private slots:
  void aWholeModel() {
    const QTemporaryDir folder;
    const auto file = folder.filePath("tiny.gguf").toStdString();
    QVERIFY(llama::writeModel(file, llama::kTiny));
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    auto source = fromFile(fd.get(), file);
    QVERIFY(source.ok());
    const auto header = readHeader(*source);
    QVERIFY2(header.ok(), header ? "" : header.error().text().c_str());
    QCOMPARE(header->architecture, std::string("qwen2"));
    QCOMPARE(header->version, 3U);
    QCOMPARE(header->parameters, std::uint64_t{llama::weightsOf(llama::kTiny)});
    QCOMPARE(header->layers, std::uint64_t{llama::kTiny.layers});
    QCOMPARE(header->embedding, std::uint64_t{llama::kTiny.width});
    QCOMPARE(header->heads, std::uint64_t{llama::kTiny.heads});
    QCOMPARE(header->keyHeads, std::uint64_t{llama::kTiny.keyHeads});
    QCOMPARE(header->keyHeadsInAll, std::uint64_t{llama::kTiny.layers * llama::kTiny.keyHeads});
    QCOMPARE(header->keyLength, std::uint64_t{llama::kTiny.width / llama::kTiny.heads});
    QCOMPARE(header->contextLength, std::uint64_t{llama::kTiny.context});
    QCOMPARE(header->quantisation, std::string("F16"));
    QVERIFY(!header->pools);
    QVERIFY(header->vocabulary > 250);
    QVERIFY(header->layerBytes > 0 && header->layerBytes < header->tensorBytes);
  }

  void whatIsTold() {
    GgufBytes gguf = model(2, 10);
    gguf.fact("general.name", "A\nname\x1b[31m")
        .fact("general.license", "mit")
        .fact("general.license.name", "The Licence")
        .fact("general.file_type", 15U)
        .fact("general.alignment", 64U)
        .fact("tokenizer.chat_template", "{{ messages }}\n")
        .array("llama.attention.head_count_kv", 5, 3)
        .put(std::int32_t{2})
        .put(std::int32_t{4})
        .put(std::int32_t{0})
        .fact("llama.block_count", 3U)
        .fact("llama.pooling_type", 2U)
        .keyOf("llama.context_length", 10)
        .put(std::uint64_t{131072})
        .tensor("token_embd.weight", {256, 3}, 12, 0)
        .tensor("blk.0.x", {32}, 8, 448)
        .pad(64)
        .zeros(448 + 34);
    const auto header = read(bytesOf(gguf));
    QVERIFY2(header.ok(), header ? "" : header.error().text().c_str());
    QCOMPARE(header->name, std::string("A name [31m"));
    QCOMPARE(header->licence, std::string("The Licence"));
    QCOMPARE(header->fileType, std::string("Q4_K_M"));
    QCOMPARE(header->quantisation, std::string("Q4_K"));
    QCOMPARE(header->chatTemplate, std::string("{{ messages }}\n"));
    QVERIFY(header->hasTemplate);
    QVERIFY(header->pools);
    QCOMPARE(header->keyHeads, std::uint64_t{4});
    QCOMPARE(header->keyHeadsInAll, std::uint64_t{6});
    QCOMPARE(header->contextLength, std::uint64_t{131072});
    QCOMPARE(header->tensorBytes, std::uint64_t{432 + 34});
    QCOMPARE(header->layerBytes, std::uint64_t{34});
    QCOMPARE(header->parameters, std::uint64_t{256 * 3 + 32});
  }

  void aLargeVocabularyIsPassedOver() {
    constexpr std::uint64_t kWords = 200'000;
    GgufBytes gguf = model(1, 2);
    gguf.array("tokenizer.ggml.tokens", 8, kWords);
    for (std::uint64_t i = 0; i < kWords; ++i) gguf.text("word" + std::to_string(i));
    gguf.array("tokenizer.ggml.scores", 6, kWords).zeros(kWords * 4);
    gguf.tensor("a", {8}, 0, 0).pad().zeros(32);
    const auto header = read(bytesOf(gguf));
    QVERIFY2(header.ok(), header ? "" : header.error().text().c_str());
    QCOMPARE(header->vocabulary, kWords);
  }

  void aLongTemplateIsCut() {
    GgufBytes gguf = model(1, 1);
    gguf.fact("tokenizer.chat_template", std::string(70'000, 'x')).tensor("a", {8}, 0, 0).pad().zeros(32);
    const auto header = read(bytesOf(gguf));
    QVERIFY(header.ok());
    QCOMPARE(header->chatTemplate.size(), std::size_t{65'536});
  }

  void nestedArraysOfUnknownFacts() {
    GgufBytes gguf = model(1, 1);
    gguf.array("some.thing", 9, 2);
    for (int i = 0; i < 2; ++i) gguf.put(std::uint32_t{4}).put(std::uint64_t{1}).put(std::uint32_t{7});
    gguf.tensor("a", {8}, 0, 0).pad().zeros(32);
    QVERIFY(read(bytesOf(gguf)).ok());
  }

  void hostile_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("why");
    const auto row = [](const char* name, const GgufBytes& gguf, const char* why) {
      QTest::newRow(name) << bytesOf(gguf) << QString(why);
    };
    row("nothing", GgufBytes(), "does not begin");
    row("something else", GgufBytes().raw("PK\x03\x04").zeros(100), "does not begin");
    row("cut in the preamble", GgufBytes().raw("GGUF").put(3U).zeros(8), "does not begin");
    row("version 1", GgufBytes().begin(1, 1, 1), "version 1");
    row("version 4", GgufBytes().begin(1, 1, 4), "version 4");
    row("big-endian", GgufBytes().begin(1, 1, 3U << 24U), "big-endian");
    row("no facts", GgufBytes().begin(0, 0), "architecture");
    row("no weights", model(0, 0), "no weights");
    row("too many facts", GgufBytes().begin(1, kHuge), "facts");
    row("too many tensors", model(kHuge, 0), "tensors");
    row("more tensors than bytes", model(60'000, 0), "cut off inside the list");
    row("a key as long as the world", GgufBytes().begin(1, 1).put(kHuge).zeros(64), "a text of");
    row("an empty key", GgufBytes().begin(1, 1).fact("", 1U), "empty");
    row("a key twice", model(1, 2).fact("a", 1U).fact("a", "b"), "twice");
    row("the architecture twice", model(1, 1).fact("general.architecture", "llama"), "twice");
    row("an unknown type", model(1, 1).keyOf("a", 13).zeros(64), "unknown type 13");
    row("a text beyond the end", model(1, 1).keyOf("a", 8).put(std::uint64_t{1000}).zeros(64), "cut off");
    row("a text beyond all", model(1, 1).keyOf("a", 8).put(kHuge - 3).zeros(64), "a text of");
    row("an array beyond the end", model(1, 1).array("a", 10, 1000).zeros(64), "cut off");
    row("an array whose bytes wrap", model(1, 1).array("a", 10, kHuge / 8 + 2).zeros(64), "cut off");
    row("an array of texts that wraps", model(1, 1).array("a", 8, kHuge).zeros(64), "cut off");
    row("an array of unknown type", model(1, 1).array("a", 99, 0).zeros(64), "unknown type");
    row("a nested unknown type", model(1, 1).array("a", 9, 1).put(99U).put(std::uint64_t{0}).zeros(64), "unknown type");
    GgufBytes deep = model(1, 1);
    deep.array("a", 9, 1);
    for (int i = 0; i < 10; ++i) deep.put(9U).put(std::uint64_t{1});
    row("arrays in arrays in arrays", deep.zeros(64), "too deep");
    GgufBytes wide = model(1, 1);
    row("a nested array that wraps", wide.array("a", 9, 1).put(10U).put(kHuge / 4).zeros(64), "cut off");
    row("cut after the facts", model(1, 0), "cut off");
    row("an architecture that is none", GgufBytes().begin(1, 1).fact("general.architecture", "../x"), "architecture");
    row("an architecture that is a number", GgufBytes().begin(1, 1).fact("general.architecture", 3U), "architecture");
    row("part of a model", model(1, 1).fact("split.count", 3U), "one of 3 parts");
    row("an alignment of nothing", model(1, 1).fact("general.alignment", 0U), "alignment");
    row("a crooked alignment", model(1, 1).fact("general.alignment", 33U), "alignment");
    row("an immense alignment", model(1, 1).fact("general.alignment", 1U << 31U), "alignment");
    row("layers beyond any model", model(1, 1).fact("llama.block_count", 70'000U), "beyond any model");
    row("context beyond any model", model(1, 1).keyOf("llama.context_length", 10).put(kHuge), "beyond any model");
    row("no name", model(1, 0).tensor("", {8}, 0, 0).pad().zeros(32), "no name");
    row("a name too long", model(1, 0).tensor(std::string(64, 'a'), {8}, 0, 0).pad().zeros(32), "a text of 64");
    row("a name twice", model(2, 0).tensor("a", {8}, 0, 0).tensor("a", {8}, 0, 32).pad().zeros(64), "same name");
    row("no dimension", model(1, 0).tensor("a", {}, 0, 0).pad().zeros(32), "0 dimensions");
    row("five dimensions", model(1, 0).tensor("a", {8, 1, 1, 1, 1}, 0, 0).pad().zeros(32), "5 dimensions");
    row("a billion dimensions", model(1, 0).text("a").put(1'000'000'000U).zeros(64), "dimensions");
    row("a width of nothing", model(1, 0).tensor("a", {8, 0}, 0, 0).pad().zeros(32), "impossible size");
    row("a product that wraps", model(1, 0).tensor("a", {1ULL << 32U, 1ULL << 32U}, 0, 0).pad().zeros(32),
        "impossible");
    row("bytes that wrap", model(1, 0).tensor("a", {1ULL << 62U}, 0, 0).pad().zeros(32), "impossible size");
    row("a withdrawn type", model(1, 0).tensor("a", {32}, 4, 0).pad().zeros(32), "type 4");
    row("a type of the future", model(1, 0).tensor("a", {32}, 77, 0).pad().zeros(32), "type 77");
    row("rows that do not fit", model(1, 0).tensor("a", {48}, 2, 0).pad().zeros(32), "do not fit its type");
    row("an offset elsewhere", model(1, 0).tensor("a", {8}, 0, 64).pad().zeros(128), "lies at 64");
    row("an offset that wraps", model(1, 0).tensor("a", {8}, 0, kHuge - 31).pad().zeros(128), "lies at");
    row("tensors that overlap", model(2, 0).tensor("a", {8}, 0, 0).tensor("b", {8}, 0, 0).pad().zeros(64), "lies at 0");
    row("weights beyond the end", model(1, 0).tensor("a", {1024}, 0, 0).pad().zeros(32), "cut off");
    row("the last byte is missing", model(1, 0).tensor("a", {8}, 0, 0).pad().zeros(31), "cut off");
    row("immense weights", model(1, 0).tensor("a", {1ULL << 60U}, 0, 0).pad().zeros(32), "cut off");
  }
  void hostile() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, why);
    const auto header = read(bytes);
    QVERIFY2(!header.ok(), "it was taken for a model");
    QCOMPARE(header.error().kind(), Error::Kind::Invalid);
    QVERIFY2(QString::fromStdString(header.error().text()).contains(why), header.error().text().c_str());
  }

  void cutAnywhere() {
    const auto whole = QByteArray::fromStdString(test::smallModel());
    QVERIFY(read(whole).ok());
    for (int length = 0; length < whole.size(); ++length) QVERIFY(!read(whole.left(length)).ok());
  }

  void anyByteChanged() {
    const auto whole = QByteArray::fromStdString(test::smallModel());
    for (int at = 0; at < whole.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        auto bytes = whole;
        bytes[at] = static_cast<char>(value);
        const auto header = read(bytes);  // whatever it says, it ends
        if (header) QVERIFY(header->tensorBytes <= static_cast<std::uint64_t>(bytes.size()));
      }
    }
  }

  void theDiskFails() {
    const auto whole = test::smallModel();
    auto source = fromMemory(whole);
    source.read = [](std::uint64_t, char*, std::size_t) -> Outcome { return fromErrno(EIO, "read", "model"); };
    const auto header = readHeader(source);
    QVERIFY(!header.ok());
    QCOMPARE(header.error().kind(), Error::Kind::Io);
  }

  void aFileThatBecomesShorter() {
    const QTemporaryDir folder;
    const auto file = folder.filePath("m.gguf").toStdString();
    std::ofstream(file, std::ios::binary) << test::smallModel();
    const Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    auto source = fromFile(fd.get(), file);
    QVERIFY(source.ok());
    QCOMPARE(::ftruncate(fd.get(), 20), 0);
    QCOMPARE(readHeader(*source).error().kind(), Error::Kind::Io);
    const Fd directory(::open(folder.path().toStdString().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    QVERIFY(!fromFile(directory.get(), "folder").ok());
  }

  // Sizes of blocks as ggml has them.
  void typesOfWeights() {
    QCOMPARE(tensorType(12)->bytes, 144U);
    QCOMPARE(tensorType(39)->name, std::string_view("MXFP4"));
    for (const auto withdrawn : {4U, 5U, 31U, 32U, 33U, 36U, 37U, 38U, 40U, 1000U}) {
      QVERIFY(!tensorType(withdrawn).has_value());
    }
    QCOMPARE(fileTypeName(15), std::string_view("Q4_K_M"));
    QVERIFY(fileTypeName(1024).empty());
  }
};

QTEST_GUILESS_MAIN(TestGguf)
#include "test_gguf.moc"
