// SPDX-License-Identifier: Apache-2.0
#include "models/wording.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace lull::models {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// The context of all translations in this file.
struct Wording {
  Q_DECLARE_TR_FUNCTIONS(Wording)
};

// English needs no catalogue for its two forms this way; other languages translate the %n texts with all of theirs.
QString seconds(std::int64_t n) {
  return n == 1 ? Wording::tr("1 second") : Wording::tr("%n seconds", nullptr, static_cast<int>(n));
}
QString minutes(std::int64_t n) {
  return n == 1 ? Wording::tr("1 minute") : Wording::tr("%n minutes", nullptr, static_cast<int>(n));
}
QString hours(std::int64_t n) {
  return n == 1 ? Wording::tr("1 hour") : Wording::tr("%n hours", nullptr, static_cast<int>(n));
}
QString days(std::int64_t n) {
  return n == 1 ? Wording::tr("1 day") : Wording::tr("%n days", nullptr, static_cast<int>(n));
}
QString hoursAndMinutes(std::int64_t h, std::int64_t m) {
  return m == 0 ? hours(h) : Wording::tr("%1 %2", "3 hours 20 minutes").arg(hours(h), minutes(m));
}

// The step in which an age of this length advances.
std::int64_t noticedStep(std::int64_t span) {
  if (span < kHour) return kMinute;
  if (span < 3 * kHour) return 10 * kMinute;
  return span < 2 * kDay ? kHour : kDay;
}

QString fixed(double value, int decimals) { return QLocale().toString(value, 'f', decimals); }

QString withUnit(const QString& number, const QString& unit) { return number + QChar(QChar::Nbsp) + unit; }

// Three figures at most: 0.82, 3.1, 38, 1,204.
QString rounded(double value) {
  if (value < 0.995) return fixed(value, 2);
  return fixed(value, value < 9.95 ? 1 : 0);
}

}  // namespace

QString inWords(std::int64_t spanMs) {
  const auto span = std::max<std::int64_t>(spanMs, 0) / noticedStep(spanMs) * noticedStep(spanMs);
  if (span < kMinute) return Wording::tr("less than a minute");
  if (span < kHour) return minutes(span / kMinute);
  return span < 2 * kDay ? hoursAndMinutes(span / kHour, span % kHour / kMinute) : days(span / kDay);
}

Aging age(UnixMs since, UnixMs now) {
  const auto span = std::max<std::int64_t>(now - since, 0);
  const auto step = noticedStep(span);
  return {inWords(span), since + (span / step + 1) * step};
}

Aging countdown(UnixMs until, UnixMs now) {
  const auto left = std::max<std::int64_t>(until - now, 0);
  const auto step = left > 90 * kSecond ? kMinute : left > 10 * kSecond ? 10 * kSecond : kSecond;
  const auto steps = (left + step - 1) / step;
  const auto shown = steps * step;
  const QString text = shown >= kHour    ? hoursAndMinutes(shown / kHour, shown % kHour / kMinute)
                       : step == kMinute ? minutes(shown / kMinute)
                                         : seconds(std::max<std::int64_t>(shown / kSecond, 1));
  if (left <= kSecond) return {text, std::nullopt};
  return {text, until - std::max((steps - 1) * step, step == kMinute ? 90 * kSecond : 0)};
}

QString exactSpan(std::int64_t span) {
  if (span < 60 || (span < 600 && span % 60 != 0)) return seconds(span);
  if (span < 3600) return minutes(span / 60);
  return hoursAndMinutes(span / 3600, span % 3600 / 60);
}

QString shortSpan(double span) {
  const auto whole = static_cast<std::int64_t>(std::max(span, 0.0));
  if (whole < 60) return Wording::tr("%1\u00a0s").arg(whole);
  if (whole < 3600) return Wording::tr("%1\u00a0min").arg(whole / 60);
  const QString hour = Wording::tr("%1\u00a0h").arg(QLocale().toString(static_cast<qlonglong>(whole / 3600)));
  const auto rest = whole % 3600 / 60;
  return rest == 0 || whole >= 100 * 3600 ? hour : hour + QChar(QChar::Nbsp) + Wording::tr("%1\u00a0min").arg(rest);
}

QString milliseconds(double ms) {
  const double value = std::max(ms, 0.0);
  if (value >= 999.5) return withUnit(fixed(value / 1000, 1), QStringLiteral("s"));
  return withUnit(rounded(value), QStringLiteral("ms"));
}

QString celsius(double degrees) { return withUnit(fixed(std::round(degrees) + 0.0, 0), QStringLiteral("°C")); }

QString percent(double fraction) {
  return withUnit(fixed(std::round(std::clamp(fraction, 0.0, 1.0) * 100), 0), QStringLiteral("%"));
}

QString credits(std::int64_t microCredits) {
  const auto size = std::abs(microCredits);
  if (size == 0) return QStringLiteral("0");
  if (size < 100) return Wording::tr("< %1").arg(fixed(0.0001, 4));
  const int decimals = size < 1'000'000 ? 4 : size < 100'000'000 ? 2 : 0;
  constexpr std::array<std::int64_t, 5> kUnits{1'000'000, 100'000, 10'000, 1'000, 100};
  const auto unit = kUnits[static_cast<std::size_t>(decimals)];
  return fixed(static_cast<double>(microCredits / unit * unit) / 1e6, decimals);
}

QString energy(std::uint64_t microJoules) {
  const double wattHours = static_cast<double>(microJoules) / 3.6e9;
  if (wattHours >= 999.5) return withUnit(fixed(wattHours / 1000, 2), QStringLiteral("kWh"));
  if (microJoules > 0 && wattHours < 0.1) return withUnit(Wording::tr("< %1").arg(fixed(0.1, 1)), QStringLiteral("Wh"));
  return withUnit(microJoules == 0 ? QStringLiteral("0") : fixed(wattHours, wattHours < 9.95 ? 1 : 0),
                  QStringLiteral("Wh"));
}

QString bytes(std::uint64_t bytes) {
  const double mebi = static_cast<double>(bytes) / (1024.0 * 1024.0);
  if (mebi < 1023.5) return withUnit(fixed(mebi, 0), QStringLiteral("MiB"));
  const double gibi = mebi / 1024;
  return withUnit(fixed(gibi, gibi < 9.95 && std::abs(gibi - std::round(gibi)) > 0.05 ? 1 : 0), QStringLiteral("GiB"));
}

QString count(std::uint64_t number) { return QLocale().toString(static_cast<qulonglong>(number)); }

QString pointInTime(UnixMs at, UnixMs now) {
  const auto then = QDateTime::fromMSecsSinceEpoch(at);
  const auto today = QDateTime::fromMSecsSinceEpoch(now).date();
  const QString clock = QLocale().toString(then.time(), QStringLiteral("HH:mm"));
  const auto away = today.daysTo(then.date());
  if (away == 0) return clock;
  if (away == 1) return Wording::tr("tomorrow %1").arg(clock);
  if (away == -1) return Wording::tr("yesterday %1").arg(clock);
  return Wording::tr("%1 %2", "24 Nov 07:00").arg(QLocale().toString(then.date(), QStringLiteral("d MMM")), clock);
}

QString capitalised(const QString& text) {
  if (text.isEmpty()) return text;
  const auto first = text.at(0).isHighSurrogate() ? 2 : 1;
  return QLocale().toUpper(text.left(first)) + text.mid(first);
}

}  // namespace lull::models
