/* SPDX-License-Identifier: ISC */
/*
 * Everything that pages say to people, in one table.
 *
 * One row a text, one column a language; English comes first, and is what a program is told. The first row holds the tags by
 * which Accept-Language chooses (language.c). A further language is one more column: raise LANGUAGES, and the compiler does not
 * mind a row that lacks it, but tests/unit/handle/texts.c does. The templates name theirs ({{t.sign_in}}), the code those of a
 * cause or of an error by its word; '#' stands for a number.
 */
#include <stdio.h>

#include "base/buf.h"
#include "handle/language.h"

#include "handle/texts.h"

#define LANGUAGES 3

static const struct {
	const char *name, *text[LANGUAGES];
} texts[] = {
	{ "language", { "en", "de", "zh" } },
	{ "sign_in", { "Sign in", "Anmelden", "登录" } },
	{ "sign_in_again", { "Sign in again", "Erneut anmelden", "重新登录" } },
	{ "sign_in_as_other", { "Sign in as somebody else", "Als jemand anderes anmelden", "以其他用户身份登录" } },
	{ "sign_in_securely", { "Sign in over https", "Über https anmelden", "通过 https 登录" } },
	{ "sign_out", { "Sign out", "Abmelden", "退出登录" } },
	{ "continue", { "Continue", "Weiter", "继续" } },
	{ "try_again", { "Try again", "Noch einmal versuchen", "重试" } },
	{ "start_page", { "Start page", "Startseite", "首页" } },
	{ "help", { "Help", "Hilfe", "帮助" } },
	{ "reference", { "Reference:", "Vorgangsnummer:", "参考编号：" } },
	{ "user_name", { "User name", "Benutzername", "用户名" } },
	{ "password", { "Password", "Passwort", "密码" } },
	{ "stay_signed_in",
	    { "Stay signed in on this device", "Auf diesem Gerät angemeldet bleiben", "在此设备上保持登录状态" } },
	{ "signed_in_as", { "You are signed in as", "Sie sind angemeldet als", "您当前登录的用户是" } },
	{ "sign_out_asks", { "Do you want to sign out on this device?", "Möchten Sie sich auf diesem Gerät abmelden?",
			       "您要在此设备上退出登录吗？" } },
	{ "signed_out_says",
	    { "You are signed out on this device.", "Sie sind auf diesem Gerät abgemeldet.", "您已在此设备上退出登录。" } },
	{ "one_out_says", { "That device is signed out.", "Das andere Gerät ist abgemeldet.", "该设备已退出登录。" } },
	{ "others_out_says",
	    { "You are signed out everywhere but on this device.", "Sie sind überall außer auf diesem Gerät abgemeldet.",
		"除此设备外，您已在所有其他设备上退出登录。" } },
	{ "pending_says", { "You are signed out here. Other places cannot be told just now and will be as soon as possible; "
			    "you need not do anything.",
			      "Hier sind Sie abgemeldet. Andere Stellen sind zurzeit nicht erreichbar und erfahren es so bald "
			      "wie möglich; Sie müssen nichts weiter tun.",
			      "您已在此处退出登录。其他位置暂时无法通知，将尽快同步；您无需进行任何操作。" } },
	{ "others_pending_says", { "This cannot be done everywhere just now. It is noted and will be done as soon as possible; "
				   "you need not do anything.",
				     "Das ist im Moment nicht überall möglich. Es ist vorgemerkt und geschieht so bald wie "
				     "möglich; Sie müssen nichts "
				     "weiter tun.",
				     "目前无法在所有位置完成此操作。请求已记录，将尽快执行；您无需进行任何操作。" } },
	{ "outage", { "Signing in is not possible for the moment. Nobody has been signed out by this.",
			"Die Anmeldung ist im Moment nicht möglich. Niemand wurde dadurch abgemeldet.",
			"暂时无法登录。没有任何人因此退出登录。" } },
	{ "nobody_signed_out",
	    { "Nobody has been signed out by this.", "Niemand wurde dadurch abgemeldet.", "没有任何人因此退出登录。" } },
	{ "throttled.second", { "Too many failed attempts. Please try again in a second.",
				  "Zu viele Fehlversuche. Bitte versuchen Sie es in einer Sekunde noch einmal.",
				  "失败次数过多。请在 1 秒后重试。" } },
	{ "throttled.seconds", { "Too many failed attempts. Please try again in # seconds.",
				   "Zu viele Fehlversuche. Bitte versuchen Sie es in # Sekunden noch einmal.",
				   "失败次数过多。请在 # 秒后重试。" } },
	{ "throttled.minutes", { "Too many failed attempts. Please try again in # minutes.",
				   "Zu viele Fehlversuche. Bitte versuchen Sie es in # Minuten noch einmal.",
				   "失败次数过多。请在 # 分钟后重试。" } },
	{ "throttled.hours", { "Too many failed attempts. Please try again in # hours.",
				 "Zu viele Fehlversuche. Bitte versuchen Sie es in # Stunden noch einmal.",
				 "失败次数过多。请在 # 小时后重试。" } },

	/* why a login was refused */
	{ "login.invalid_credentials", { "The user name or the password is wrong.",
					   "Der Benutzername oder das Passwort ist falsch.", "用户名或密码错误。" } },
	{ "login.too_many_sessions",
	    { "You are signed in on too many devices. Sign out on one of them first.",
		"Sie sind auf zu vielen Geräten angemeldet. Melden Sie sich zuerst auf einem davon ab.",
		"您登录的设备过多。请先在其中一台设备上退出登录。" } },
	{ "login.too_many_groups",
	    { "You are in more groups than can be passed on. Whoever runs this site can change that.",
		"Sie sind in mehr Gruppen, als weitergegeben werden können. Wer diese Website betreibt, kann das ändern.",
		"您所属的用户组过多，无法传递。请联系网站管理员处理。" } },
	{ "login.risk", { "This sign-in looks unusual, and was refused.",
			    "Diese Anmeldung ist ungewöhnlich und wurde abgelehnt.", "此次登录存在异常，已被拒绝。" } },
	{ "login.overloaded", { "Too many people are signing in just now. Try again in a moment.",
				  "Im Moment melden sich zu viele gleichzeitig an. Versuchen Sie es gleich noch einmal.",
				  "当前登录人数过多。请稍后重试。" } },
	{ "login.store_unavailable",
	    { "Sessions cannot be kept just now. Try again in a moment.",
		"Sitzungen können im Moment nicht gespeichert werden. Versuchen Sie es gleich noch einmal.",
		"暂时无法保存会话。请稍后重试。" } },
	{ "login.userdb_unavailable",
	    { "Accounts cannot be looked up just now. Try again in a moment.",
		"Konten können im Moment nicht abgefragt werden. Versuchen Sie es gleich noch einmal.",
		"暂时无法查询账户。请稍后重试。" } },
	{ "login.server_error",
	    { "The login failed for a reason of ours.", "Die Anmeldung ist aus einem Grund gescheitert, der bei uns liegt.",
		"由于我们的原因，登录失败。" } },

	/* the account page */
	{ "account.signed_in_as", { "Signed in as", "Angemeldet als", "当前用户：" } },
	{ "account.sessions", { "Where you are signed in", "Wo Sie angemeldet sind", "您的登录位置" } },
	{ "account.this_device", { "This device", "Dieses Gerät", "此设备" } },
	{ "account.others", { "Sign out everywhere else", "Überall sonst abmelden", "在其他所有位置退出登录" } },
	{ "account.next", { "Further sessions", "Weitere Sitzungen", "更多会话" } },
	{ "account.first", { "Back to the newest", "Zurück zu den neuesten", "返回最新会话" } },
	{ "account.back", { "Back to your account", "Zurück zu Ihrem Konto", "返回您的账户" } },
	{ "account.change_password", { "Change password", "Passwort ändern", "修改密码" } },
	{ "account.current", { "Current password", "Bisheriges Passwort", "当前密码" } },
	{ "account.new", { "New password", "Neues Passwort", "新密码" } },
	{ "account.rule", { "At least # characters. All other devices are then signed out.",
			      "Mindestens # Zeichen. Alle anderen Geräte werden danach abgemeldet.",
			      "至少 # 个字符。修改后所有其他设备都将退出登录。" } },
	{ "account.address", { "from", "von", "来自" } },
	{ "browser_on", { "# on #", "# unter #", "#（#）" } },
	{ "browser_unknown", { "Unknown program", "Unbekanntes Programm", "未知程序" } },
	{ "seen.now", { "active just now", "gerade eben aktiv", "刚刚活动" } },
	{ "seen.minutes", { "active # minutes ago", "vor # Minuten aktiv", "# 分钟前活动" } },
	{ "seen.hours", { "active # hours ago", "vor # Stunden aktiv", "# 小时前活动" } },
	{ "seen.days", { "active # days ago", "vor # Tagen aktiv", "# 天前活动" } },

	/* why a password was not changed */
	{ "password.too_short", { "The new password needs at least # characters.",
				    "Das neue Passwort braucht mindestens # Zeichen.", "新密码至少需要 # 个字符。" } },
	{ "password.too_long", { "The new password is too long.", "Das neue Passwort ist zu lang.", "新密码过长。" } },
	{ "password.blocklisted", { "The new password is one that others guess first. Choose another one.",
				      "Das neue Passwort gehört zu denen, die zuerst geraten werden. Wählen Sie ein anderes.",
				      "新密码过于常见，容易被猜到。请选择其他密码。" } },
	{ "password.same",
	    { "The new password is the current one.", "Das neue Passwort ist das bisherige.", "新密码与当前密码相同。" } },
	{ "password.unusable",
	    { "The new password cannot be used.", "Das neue Passwort kann nicht verwendet werden.", "无法使用该新密码。" } },
	{ "password.invalid_request",
	    { "Both passwords are needed.", "Beide Passwörter werden gebraucht.", "两个密码都必须填写。" } },
	{ "password.invalid_credentials",
	    { "The current password is wrong.", "Das bisherige Passwort ist falsch.", "当前密码错误。" } },
	{ "password.forbidden", { "Passwords are changed where the accounts are kept, not here.",
				    "Passwörter werden dort geändert, wo die Konten geführt werden, nicht hier.",
				    "密码须在管理账户的系统中修改，不能在此处修改。" } },
	{ "password.overloaded", { "Too many passwords are looked at just now. Try again in a moment.",
				     "Im Moment werden zu viele Passwörter geprüft. Versuchen Sie es gleich noch einmal.",
				     "当前密码验证请求过多。请稍后重试。" } },
	{ "password.store_unavailable", { "Sessions cannot be ended just now, so the password stays. Try again in a moment.",
					    "Sitzungen können im Moment nicht beendet werden, deshalb bleibt das Passwort. "
					    "Versuchen Sie es gleich noch einmal.",
					    "暂时无法结束会话，密码保持不变。请稍后重试。" } },
	{ "password.userdb_unavailable",
	    { "Accounts cannot be looked up just now. Try again in a moment.",
		"Konten können im Moment nicht abgefragt werden. Versuchen Sie es gleich noch einmal.",
		"暂时无法查询账户。请稍后重试。" } },
	{ "password.server_error",
	    { "The change failed for a reason of ours.", "Die Änderung ist aus einem Grund gescheitert, der bei uns liegt.",
		"由于我们的原因，修改失败。" } },

	/* headings */
	{ "title.sign_in", { "Sign in", "Anmelden", "登录" } },
	{ "title.account", { "Your account", "Ihr Konto", "您的账户" } },
	{ "title.signed_in", { "You are signed in", "Sie sind angemeldet", "您已登录" } },
	{ "title.sign_out", { "Sign out?", "Abmelden?", "退出登录？" } },
	{ "title.signed_out", { "You have signed out", "Sie haben sich abgemeldet", "您已退出登录" } },
	{ "title.one_out", { "Signed out there", "Dort abgemeldet", "该设备已退出登录" } },
	{ "title.others_out", { "Signed out elsewhere", "Anderswo abgemeldet", "其他位置已退出登录" } },
	{ "title.others_pending", { "Noted", "Vorgemerkt", "已记录" } },
	{ "title.pending", { "You are signed out here", "Sie sind hier abgemeldet", "您已在此处退出登录" } },

	/* what a session ended of */
	{ "ended.user", { "You have signed out.", "Sie haben sich abgemeldet.", "您已退出登录。" } },
	{ "ended.expired",
	    { "Your session has expired. Please sign in again.",
		"Ihre Sitzung ist abgelaufen. Bitte melden Sie sich erneut an.", "您的会话已过期。请重新登录。" } },
	{ "ended.device", { "You were signed out because you signed in again on this device.",
			      "Sie wurden abgemeldet, weil Sie sich auf diesem Gerät erneut angemeldet haben.",
			      "由于您在此设备上重新登录，原会话已退出。" } },
	{ "ended.limit", { "You were signed out because you signed in on too many other devices.",
			     "Sie wurden abgemeldet, weil Sie sich auf zu vielen anderen Geräten angemeldet haben.",
			     "由于您在过多的其他设备上登录，此会话已退出。" } },
	{ "ended.relogin",
	    { "You were signed out because you signed in again.",
		"Sie wurden abgemeldet, weil Sie sich erneut angemeldet haben.", "由于您重新登录，原会话已退出。" } },
	{ "ended.refresh_reuse",
	    { "You were signed out because a sign-in token of yours was used twice. If that was not you, change your password.",
		"Sie wurden abgemeldet, weil ein Anmeldetoken von Ihnen zweimal benutzt wurde. Wenn Sie das nicht waren, "
		"ändern Sie Ihr Passwort.",
		"由于您的登录令牌被重复使用，您已退出登录。如果不是您本人操作，请修改密码。" } },
	{ "ended.device_mismatch",
	    { "You were signed out because a sign-in token of yours was used on another device. If that was not you, change "
	      "your password.",
		"Sie wurden abgemeldet, weil ein Anmeldetoken von Ihnen auf einem anderen Gerät benutzt wurde. Wenn Sie das "
		"nicht waren, ändern Sie Ihr Passwort.",
		"由于您的登录令牌在另一台设备上被使用，您已退出登录。如果不是您本人操作，请修改密码。" } },
	{ "ended.client_mismatch", { "You were signed out because a sign-in token of yours was used by another program. If "
				     "that was not you, change your password.",
				       "Sie wurden abgemeldet, weil ein Anmeldetoken von Ihnen von einem anderen Programm "
				       "benutzt wurde. Wenn Sie das nicht waren, ändern Sie Ihr Passwort.",
				       "由于您的登录令牌被另一个程序使用，您已退出登录。如果不是您本人操作，请修改密码。" } },
	{ "ended.password_changed",
	    { "You were signed out because the password was changed.",
		"Sie wurden abgemeldet, weil das Passwort geändert wurde.", "由于密码已被修改，您已退出登录。" } },
	{ "ended.disabled", { "You were signed out because the account was disabled.",
				"Sie wurden abgemeldet, weil das Konto gesperrt wurde.", "由于账户已被停用，您已退出登录。" } },
	{ "ended.unconfirmed",
	    { "You were signed out because the account could not be looked up.",
		"Sie wurden abgemeldet, weil das Konto nicht abgefragt werden konnte.", "由于无法查询账户，您已退出登录。" } },
	{ "ended.account_changed",
	    { "You were signed out because the account was changed.", "Sie wurden abgemeldet, weil das Konto geändert wurde.",
		"由于账户已被更改，您已退出登录。" } },
	{ "ended.revoked", { "You were signed out by the program that you signed in with.",
			       "Sie wurden von dem Programm abgemeldet, mit dem Sie sich angemeldet hatten.",
			       "您登录时使用的程序已将您退出登录。" } },
	{ "ended.deleted", { "You were signed out because the account was deleted.",
			       "Sie wurden abgemeldet, weil das Konto gelöscht wurde.", "由于账户已被删除，您已退出登录。" } },
	{ "ended.anomaly", { "You were signed out because something about your sign-in looked unusual.",
			       "Sie wurden abgemeldet, weil an Ihrer Anmeldung etwas ungewöhnlich war.",
			       "由于您的登录行为异常，您已退出登录。" } },
	{ "ended.kick", { "You were signed out by an administrator.", "Sie wurden von einem Administrator abgemeldet.",
			    "您已被管理员退出登录。" } },
	{ "ended.kick_because", { "You were signed out by an administrator:", "Sie wurden von einem Administrator abgemeldet:",
				    "您已被管理员退出登录：" } },

	/* errors: the heading, and what to say instead of the sentence that programs get */
	{ "title.error", { "That did not work", "Das hat nicht funktioniert", "操作未成功" } },
	{ "title.invalid_request",
	    { "This request cannot be understood", "Diese Anfrage ist unverständlich", "无法理解此请求" } },
	{ "title.invalid_token", { "Your session is over", "Ihre Sitzung ist beendet", "您的会话已结束" } },
	{ "title.missing_token", { "Please sign in", "Bitte melden Sie sich an", "请登录" } },
	{ "title.insecure_transport", { "This page needs https", "Diese Seite braucht https", "此页面需要 https" } },
	{ "title.csrf", { "That was not done", "Das wurde nicht ausgeführt", "操作未执行" } },
	{ "title.forbidden", { "You may not go there", "Dort haben Sie keinen Zutritt", "您无权访问该页面" } },
	{ "title.not_found", { "There is nothing here", "Hier ist nichts", "这里没有内容" } },
	{ "title.method_not_allowed",
	    { "This address does not work that way", "So funktioniert diese Adresse nicht", "此地址不支持该操作" } },
	{ "title.payload_too_large", { "That was too much", "Das war zu viel", "内容过大" } },
	{ "title.unsupported_media_type", { "This cannot be read", "Das ist nicht lesbar", "无法读取该内容" } },
	{ "title.header_too_large", { "The request is too large", "Die Anfrage ist zu groß", "请求过大" } },
	{ "title.too_many_sessions", { "Too many devices", "Zu viele Geräte", "设备过多" } },
	{ "title.too_many_attempts", { "Too many tries", "Zu viele Versuche", "尝试次数过多" } },
	{ "title.overloaded", { "Too many at once", "Zu viele gleichzeitig", "同时请求过多" } },
	{ "title.store_unavailable", { "Not possible for the moment", "Im Moment nicht möglich", "暂时无法使用" } },
	{ "title.userdb_unavailable", { "Not possible for the moment", "Im Moment nicht möglich", "暂时无法使用" } },
	{ "title.server_error", { "Something went wrong", "Etwas ist schiefgegangen", "出现错误" } },
	{ "text.invalid_request",
	    { "What was sent is incomplete or malformed.", "Was gesendet wurde, ist unvollständig oder fehlerhaft.",
		"发送的内容不完整或格式有误。" } },
	{ "text.invalid_token",
	    { "Please sign in again to go on.", "Bitte melden Sie sich erneut an, um fortzufahren.", "请重新登录以继续。" } },
	{ "text.missing_token", { "This page is only for people who are signed in.",
				    "Diese Seite ist nur für angemeldete Personen.", "此页面仅供已登录的用户访问。" } },
	{ "text.insecure_transport",
	    { "This page was asked for over plain HTTP. A password sent that way could be read by others.",
		"Diese Seite wurde über unverschlüsseltes HTTP abgerufen. Ein so gesendetes Passwort könnten andere mitlesen.",
		"此页面是通过未加密的 HTTP 请求的。以这种方式发送的密码可能被他人读取。" } },
	{ "text.csrf", { "The page this came from is too old, or it is not one of this site's. Nothing was changed. If it "
			 "happens again, allow this site to set cookies.",
			   "Die Seite, von der dies kam, ist zu alt oder gehört nicht zu dieser Website. Nichts wurde "
			   "geändert. Falls es wieder vorkommt, erlauben Sie dieser Website, Cookies zu setzen.",
			   "发出此请求的页面已过期，或不属于本网站。未作任何更改。如果再次出现，请允许本网站设置 Cookie。" } },
	{ "text.forbidden",
	    { "Your account is not allowed to see this.", "Ihr Konto darf das nicht sehen.", "您的账户无权查看此内容。" } },
	{ "text.not_found",
	    { "The address is wrong, or what was here is gone.",
		"Die Adresse ist falsch, oder was hier war, gibt es nicht mehr.", "地址有误，或此处的内容已不存在。" } },
	{ "text.method_not_allowed",
	    { "Use a link or a button of this site instead.", "Benutzen Sie stattdessen einen Link oder Knopf dieser Website.",
		"请改用本网站的链接或按钮。" } },
	{ "text.payload_too_large",
	    { "What was sent is larger than this site accepts.", "Was gesendet wurde, ist größer, als diese Website annimmt.",
		"发送的内容超过了本网站允许的大小。" } },
	{ "text.unsupported_media_type",
	    { "What was sent is of a kind that this site does not accept.",
		"Was gesendet wurde, ist von einer Art, die diese Website nicht annimmt.", "本网站不接受此类型的内容。" } },
	{ "text.header_too_large",
	    { "Your browser sent too much along. It may help to delete this site's cookies.",
		"Ihr Browser hat zu viel mitgeschickt. Es kann helfen, die Cookies dieser Website zu löschen.",
		"您的浏览器随请求发送的内容过多。删除本网站的 Cookie 可能会有帮助。" } },
	{ "text.too_many_sessions",
	    { "Sign out on one of your devices first.", "Melden Sie sich zuerst auf einem Ihrer Geräte ab.",
		"请先在您的一台设备上退出登录。" } },
	{ "text.too_many_attempts",
	    { "Please wait a while before you try again.", "Bitte warten Sie eine Weile, bevor Sie es noch einmal versuchen.",
		"请稍等一段时间后再试。" } },
	{ "text.overloaded",
	    { "Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal.", "请稍后重试。" } },
	{ "text.store_unavailable",
	    { "Sessions cannot be checked or begun just now. Please try again in a moment.",
		"Sitzungen können im Moment weder geprüft noch begonnen werden. Bitte versuchen Sie es gleich noch einmal.",
		"暂时无法检查或建立会话。请稍后重试。" } },
	{ "text.userdb_unavailable",
	    { "Accounts cannot be looked up just now. Please try again in a moment.",
		"Konten können im Moment nicht abgefragt werden. Bitte versuchen Sie es gleich noch einmal.",
		"暂时无法查询账户。请稍后重试。" } },
	{ "text.server_error",
	    { "The reason lies with us. Please try again later.",
		"Der Grund liegt bei uns. Bitte versuchen Sie es später noch einmal.", "原因在我们这边。请稍后重试。" } },
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

unsigned
texts_language(struct str accept_language)
{

	return (language_choose(accept_language, texts[0].text, LANGUAGES));
}

struct str
texts_find(unsigned language, struct str name)
{

	for (size_t i = 0; i < TEXTS; i++)
		if (str_is(name, texts[i].name))
			return (str_of(texts[i].text[language]));
	return (STR_NONE);
}

struct str
texts_of(unsigned language, const char *prefix, const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", prefix, word);
	return (texts_find(language, str_of(name)));
}

struct str
texts_number(struct str text, int64_t n, char room[TEXTS_NUMBER_MAX])
{
	struct buf b;

	buf_init(&b, room, TEXTS_NUMBER_MAX);
	buf_putstr(&b, str_cut(&text, '#'));
	if (text.p != NULL) {
		buf_int(&b, n);
		buf_putstr(&b, text);
	}
	return (buf_str(&b));
}

/* In the largest unit of which it is at least two, so that no language needs a singular; ${least} if there is none. */
static struct str
in_units(unsigned language, const char *prefix, int64_t seconds, bool up, const char *least, char room[TEXTS_NUMBER_MAX])
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = { { 86400, "days" }, { 3600, "hours" }, { 60, "minutes" }, { 1, "seconds" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct str text = texts_of(language, prefix, units[i].name);

		if (text.p != NULL && seconds >= 2 * units[i].unit)
			return (texts_number(text, (seconds + (up ? units[i].unit - 1 : 0)) / units[i].unit, room));
	}
	return (texts_number(texts_of(language, prefix, least), 0, room));
}

/* Rounded up: who comes back then has waited long enough. */
const char *
texts_wait(unsigned language, int64_t seconds, char room[TEXTS_NUMBER_MAX])
{

	return (in_units(language, "throttled.", seconds, true, "second", room).p);
}

struct str
texts_ago(unsigned language, int64_t seconds, char room[TEXTS_NUMBER_MAX])
{

	return (in_units(language, "seen.", seconds, false, "now", room));
}

bool
texts_at(size_t i, unsigned language, const char **name, const char **text)
{

	if (i >= TEXTS || language >= LANGUAGES)
		return (false);
	*name = texts[i].name;
	*text = texts[i].text[language];
	return (true);
}
