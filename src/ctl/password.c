/* SPDX-License-Identifier: ISC */
/*
 * Reads a new password: from the terminal, twice and without echo, or one line of standard input; never from the command line,
 * which others can see in the list of processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/password.h"
#include "auth/password_rules.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/wordlist.h"
#include "ctl/ctl.h"
#include "doorward/config.h"

#include "ctl/password.h"

#define SHORT_PASSWORD 15 /* characters: NIST SP 800-63B-4 for a password that is the only factor */

enum line { LINE_OK, LINE_ERROR, LINE_TOO_LONG };

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{

	caught = sig;
}

/* Reads up to a newline or the end, byte by byte: what follows is not ours. */
static enum line
read_line(int fd, char *out, size_t cap, size_t *n)
{
	enum line result = LINE_OK;
	ssize_t got;
	char c;

	*n = 0;
	while ((got = read(fd, &c, 1)) == 1 && c != '\n') {
		if (*n + 1 < cap)
			out[(*n)++] = c;
		else
			result = LINE_TOO_LONG;
	}
	out[*n] = '\0';
	explicit_bzero(&c, 1);
	return (got < 0 ? LINE_ERROR : result);
}

/* One line from the terminal ${tty} without echo; an interrupt restores the terminal first and then has its way. */
static enum line
ask(int tty, const char *prompt, char *out, size_t cap, size_t *n)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction handler = { .sa_handler = on_signal }, before[4], ignore = { .sa_handler = SIG_IGN }, stop;
	struct termios saved, silent;
	enum line result;

	if (tcgetattr(tty, &saved) != 0)
		return (LINE_ERROR);
	caught = 0;
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &handler, &before[i]);
	sigaction(SIGTSTP, &ignore, &stop); /* a shell behind a stopped prompt would have no echo */
	silent = saved;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	(void)fd_write_full(tty, prompt, strlen(prompt));
	result = tcsetattr(tty, TCSAFLUSH, &silent) == 0 ? read_line(tty, out, cap, n) : LINE_ERROR;
	(void)tcsetattr(tty, TCSAFLUSH, &saved);
	(void)fd_write_full(tty, "\n", 1);
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &before[i], NULL);
	sigaction(SIGTSTP, &stop, NULL);
	if (caught != 0)
		(void)raise(caught);
	return (result);
}

static enum line
ask_twice(char *out, size_t cap, size_t *n)
{
	char again[PASSWORD_MAX + 1];
	enum line result;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	size_t m;

	if (tty < 0)
		return (LINE_ERROR);
	if ((result = ask(tty, "New password: ", out, cap, n)) == LINE_OK) {
		result = ask(tty, "Again: ", again, sizeof(again), &m);
		if (result == LINE_OK && (m != *n || memcmp(again, out, m) != 0)) {
			errno = 0;
			result = LINE_ERROR;
		}
		explicit_bzero(again, sizeof(again));
	}
	close(tty);
	return (result);
}

/* A file of Windows ends its lines with CR and LF: nobody can type the first. */
static enum line
read_stdin(char *out, size_t cap, size_t *n)
{
	enum line result = read_line(STDIN_FILENO, out, cap, n);

	if (result == LINE_OK && *n > 0 && out[*n - 1] == '\r')
		out[--*n] = '\0';
	return (result);
}

/* Reads one. Returns 0, or -1 after saying why not. */
static int
read_password(bool from_stdin, char out[PASSWORD_MAX + 1], size_t *n)
{
	enum line result;

	errno = 0;
	result = from_stdin ? read_stdin(out, PASSWORD_MAX + 1, n) : ask_twice(out, PASSWORD_MAX + 1, n);
	if (result == LINE_TOO_LONG)
		ctl_say("a password of more than %d bytes is refused", PASSWORD_MAX);
	else if (result == LINE_ERROR && from_stdin)
		ctl_say("standard input cannot be read: %s", strerror(errno));
	else if (result == LINE_ERROR && errno == 0)
		ctl_say("the two are not the same");
	else if (result == LINE_ERROR)
		ctl_say("there is no terminal to ask for the password (%s); use --password-stdin", strerror(errno));
	return (result == LINE_OK ? 0 : -1);
}

/* What has no owner here is judged by nobody's name, and by no list. */
static int
judge_for_elsewhere(struct str password)
{
	static const struct config rules = {
		.password_min_length = SHORT_PASSWORD, .issuer = "", .password_blocklist_file = ""
	};
	enum password_fault fault = password_judge(&rules, "", password, NULL);
	char text[128];

	password_fault_text(&rules, fault, text, sizeof(text));
	if (password.len == 0)
		ctl_say("an empty password is refused");
	else if (fault == PASSWORD_TOO_SHORT)
		ctl_say("warning: a password of less than %d characters is easily guessed", SHORT_PASSWORD);
	else if (fault != PASSWORD_GOOD)
		ctl_say("refused: %s", text);
	return (password.len == 0 || (fault != PASSWORD_GOOD && fault != PASSWORD_TOO_SHORT) ? -1 : 0);
}

static int
judge(const struct password_owner *o, struct str password)
{
	enum password_fault fault = password_judge(o->conf, o->name, password, wordlist_find);
	char text[128];

	if (fault == PASSWORD_GOOD && o->hash != NULL && password_is_of(o->hash, password))
		fault = PASSWORD_SAME;
	if (fault == PASSWORD_GOOD)
		return (0);
	password_fault_text(o->conf, fault, text, sizeof(text));
	ctl_say("refused: %s", text);
	return (-1);
}

int
password_hash(const struct password_owner *owner, bool from_stdin, char hash[PWHASH_TEXT_MAX])
{
	char text[PASSWORD_MAX + 1];
	struct str password = { text, 0 };
	int rc;

	if ((rc = read_password(from_stdin, text, &password.len)) == 0)
		rc = owner != NULL ? judge(owner, password) : judge_for_elsewhere(password);
	if (rc == 0 && (rc = password_make(password, hash)) != 0)
		ctl_say("the password cannot be hashed: out of memory or randomness");
	explicit_bzero(text, sizeof(text));
	return (rc);
}
