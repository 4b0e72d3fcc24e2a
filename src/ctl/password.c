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
#include "base/fd.h"
#include "base/str.h"
#include "ctl/ctl.h"

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

/* Characters and not bytes, as the rule about short passwords counts: every byte that begins one. */
static size_t
characters(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xc0) != 0x80;
	return (count);
}

/* What is refused as a password even from an administrator. */
static int
judge(const char *p, size_t n)
{

	if (n == 0)
		ctl_say("an empty password is refused");
	else if (memchr(p, '\0', n) != NULL)
		ctl_say("a password with a NUL is refused");
	else if (!str_is_utf8((struct str){ p, n }))
		ctl_say("a password that is not UTF-8 is refused: no login could send it");
	else
		return (0);
	return (-1);
}

int
password_read(bool from_stdin, char out[PASSWORD_MAX + 1], size_t *n)
{
	enum line result;

	errno = 0;
	result = from_stdin ? read_line(STDIN_FILENO, out, PASSWORD_MAX + 1, n) : ask_twice(out, PASSWORD_MAX + 1, n);
	if (result == LINE_TOO_LONG) {
		ctl_say("a password of more than %d bytes is refused", PASSWORD_MAX);
		return (-1);
	}
	if (result == LINE_ERROR) {
		if (from_stdin)
			ctl_say("standard input cannot be read: %s", strerror(errno));
		else if (errno == 0)
			ctl_say("the two are not the same");
		else
			ctl_say("there is no terminal to ask for the password (%s); use --password-stdin", strerror(errno));
		return (-1);
	}
	if (judge(out, *n) != 0)
		return (-1);
	if (characters(out, *n) < SHORT_PASSWORD)
		ctl_say("warning: a password of less than %d characters is easily guessed", SHORT_PASSWORD);
	return (0);
}

int
password_hash(bool from_stdin, char hash[PWHASH_TEXT_MAX])
{
	char password[PASSWORD_MAX + 1];
	size_t n;
	int rc;

	if ((rc = password_read(from_stdin, password, &n)) == 0 && (rc = password_make((struct str){ password, n }, hash)) != 0)
		ctl_say("the password cannot be hashed: out of memory or randomness");
	explicit_bzero(password, sizeof(password));
	return (rc);
}
