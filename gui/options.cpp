// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <QCommandLineParser>
#include <QRegularExpression>

#include <array>

namespace lull::dashboard {

namespace {

Error wrong(const QString& text) {
  return {Error::Kind::Invalid, (text + QStringLiteral("; see lull-dashboard --help")).toStdString()};
}

Result<QSize> sizeFrom(const QString& text) {
  static const QRegularExpression pattern(QStringLiteral("^(\\d{2,5})x(\\d{2,5})$"));
  const auto match = pattern.match(text);
  if (!match.hasMatch()) return wrong(QStringLiteral("--size: “%1” is not like 1280x800").arg(text));
  return QSize(match.captured(1).toInt(), match.captured(2).toInt());
}

Result<double> numberFrom(const QString& option, const QString& text, double least, double most) {
  bool good = false;
  const double number = text.toDouble(&good);
  if (good && number >= least && number <= most) return number;
  return wrong(QStringLiteral("--%1: “%2” is not a number from %3 to %4").arg(option, text).arg(least).arg(most));
}

Result<Appearance> appearanceFrom(const QString& text) {
  if (text == QStringLiteral("system")) return Appearance::System;
  if (text == QStringLiteral("light")) return Appearance::Light;
  if (text == QStringLiteral("dark")) return Appearance::Dark;
  return wrong(QStringLiteral("--theme: “%1” is none of system, light, dark").arg(text));
}

void declare(QCommandLineParser& parser) {
  const auto value = [&parser](const char* name, const char* what) {
    parser.addOption({QString::fromLatin1(name), {}, QString::fromLatin1(what)});
  };
  const auto flag = [&parser](const char* name) { parser.addOption(QCommandLineOption(QString::fromLatin1(name))); };
  value("socket", "path");
  value("screenshot", "file");
  value("size", "size");
  value("quit-after", "seconds");
  value("renderer", "name");
  value("theme", "name");
  value("scale", "factor");
  flag("after-connected");
  flag("first-frame-report");
  flag("help");
  flag("version");
}

// Reads those options that must be of a certain form.
Outcome readForms(const QCommandLineParser& parser, Options& out) {
  if (parser.isSet(QStringLiteral("size"))) {
    const auto size = sizeFrom(parser.value(QStringLiteral("size")));
    if (!size.ok()) return size.error();
    out.size = *size;
  }
  if (parser.isSet(QStringLiteral("quit-after"))) {
    const auto seconds = numberFrom(QStringLiteral("quit-after"), parser.value(QStringLiteral("quit-after")), 0, 1e6);
    if (!seconds.ok()) return seconds.error();
    out.quitAfter = *seconds;
  }
  if (parser.isSet(QStringLiteral("scale"))) {
    const auto scale = numberFrom(QStringLiteral("scale"), parser.value(QStringLiteral("scale")), 0.5, 4);
    if (!scale.ok()) return scale.error();
    out.scale = *scale;
  }
  if (parser.isSet(QStringLiteral("theme"))) {
    const auto appearance = appearanceFrom(parser.value(QStringLiteral("theme")));
    if (!appearance.ok()) return appearance.error();
    out.appearance = *appearance;
  }
  return {};
}

}  // namespace

Result<Options> parseOptions(const QStringList& arguments) {
  QCommandLineParser parser;
  declare(parser);
  if (!parser.parse(QStringList(QStringLiteral("lull-dashboard")) + arguments)) return wrong(parser.errorText());
  if (!parser.positionalArguments().isEmpty()) {
    return wrong(QStringLiteral("“%1” is not an option").arg(parser.positionalArguments().constFirst()));
  }
  Options out;
  out.socket = parser.value(QStringLiteral("socket"));
  out.screenshot = parser.value(QStringLiteral("screenshot"));
  out.renderer = parser.value(QStringLiteral("renderer"));
  out.afterConnected = parser.isSet(QStringLiteral("after-connected"));
  out.firstFrameReport = parser.isSet(QStringLiteral("first-frame-report"));
  out.help = parser.isSet(QStringLiteral("help"));
  out.version = parser.isSet(QStringLiteral("version"));
  if (auto read = readForms(parser, out); !read.ok()) return read.error();
  return out;
}

QString helpText() {
  return QStringLiteral(
      "Usage: lull-dashboard [options]\n"
      "Shows what Lull does on this computer, and lets its owner rule it.\n\n"
      "  --socket PATH          talk to the service at PATH instead of the usual places\n"
      "  --theme NAME           system (the default), light or dark\n"
      "  --scale FACTOR         enlarge everything: 2 suits a television\n"
      "  --renderer NAME        let Qt draw with opengl or vulkan; the default, software, leaves the GPU alone\n"
      "  --screenshot FILE      save a picture as PNG and end; needs no display\n"
      "  --size 1280x800        size of the window or the picture\n"
      "  --after-connected      with --screenshot: wait up to 10 s for the service, and fail without it\n"
      "  --quit-after SECONDS   end by itself\n"
      "  --first-frame-report   print when the first picture was on the screen\n"
      "  --version, --help\n");
}

}  // namespace lull::dashboard
