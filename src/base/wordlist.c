/* SPDX-License-Identifier: ISC */
/*
 * Read from its beginning to its end at each question, in pieces: passwords are set seldom, a list of a million words takes
 * some milliseconds, less than the hash that follows, and so a list needs neither an order nor a place in memory, and a change
 * of it counts at once. It is not mapped, since one that is cut short meanwhile would kill the process.
 *
 * A line is compared as it comes: ${at} is how many bytes of it agree so far.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/wordlist.h"

#define PIECE 65536
#define DIFFERS SIZE_MAX

struct search {
	struct str word;
	size_t at; /* DIFFERS: not this line */
	bool cr;   /* a CR has come, which counts only if the line goes on */
};

static char
lower(char c)
{

	return (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
}

static void
compare(struct search *s, char c)
{

	if (s->at != DIFFERS)
		s->at = s->at < s->word.len && lower(c) == lower(s->word.p[s->at]) ? s->at + 1 : DIFFERS;
}

/* True if the line that ends here is the word. */
static bool
end_line(struct search *s)
{
	bool found = s->at == s->word.len;

	s->at = 0;
	s->cr = false;
	return (found);
}

static bool
take(struct search *s, const char *p, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			if (end_line(s))
				return (true);
			continue;
		}
		if (s->cr)
			compare(s, '\r');
		if (!(s->cr = p[i] == '\r'))
			compare(s, p[i]);
	}
	return (false);
}

/* The last line may lack its newline. */
static enum dw_result
search_file(int fd, struct search *s)
{
	static char piece[PIECE];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && take(s, piece, (size_t)n))
			return (DW_OK);
	if (n < 0)
		return (DW_UNAVAILABLE);
	return (s->at > 0 && end_line(s) ? DW_OK : DW_ABSENT);
}

enum dw_result
wordlist_find(const char *path, struct str word)
{
	struct search s = { .word = word };
	enum dw_result rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO in its place is no reason to wait */

	if (fd < 0)
		return (DW_UNAVAILABLE);
	rc = word.len == 0 ? DW_ABSENT : search_file(fd, &s);
	close(fd);
	return (rc);
}
