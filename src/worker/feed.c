/* SPDX-License-Identifier: ISC */
/*
 * libfcgi reads from a descriptor and nothing else. It is given that of a memory file (memfd) whose last bytes are the request:
 * reading it never blocks, ends where the request ends, and needs no timeout; a socket pair would have a limit that depends on
 * the machine, and cost two more system calls. The file is mapped, so that putting a request into it is a copy, and wiping it
 * afterwards a memset.
 *
 * The records in it are made here from what incoming.c kept: BEGIN_REQUEST, the variables, their end, the body, its end; no
 * padding, one id. An Authorizer's body is empty.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <fastcgi.h>

#include "worker/feed.h"

#define HEADER 8
#define CONTENT_MAX 65528 /* of one record: a multiple of eight, as the specification likes it */
#define RECORDS_MAX (3 + INCOMING_PARAMS_MAX / CONTENT_MAX + 1 + INCOMING_BODY_MAX / CONTENT_MAX + 1)
#define FEED_BYTES ((INCOMING_MAX + HEADER * (RECORDS_MAX + 1) + 4095) / 4096 * 4096)

static struct {
	int fd;
	unsigned char *map; /* FEED_BYTES; NULL = there is no file */
	size_t start;       /* of the request in it */
} feed = { .fd = -1, .start = FEED_BYTES };

int
feed_open(void)
{
	void *p = MAP_FAILED;

	if (feed.map != NULL)
		return (0);
	if ((feed.fd = memfd_create("request", MFD_CLOEXEC)) < 0)
		return (-1);
	(void)fcntl(feed.fd, F_SETFL, O_RDWR | O_NOATIME); /* the time of each read is of no use to anybody */
	if (ftruncate(feed.fd, FEED_BYTES) == 0)
		p = mmap(NULL, FEED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, feed.fd, 0);
	if (p == MAP_FAILED) {
		close(feed.fd);
		feed.fd = -1;
		return (-1);
	}
	feed.map = p;
	return (0);
}

static unsigned char *
put_record(unsigned char *p, const struct incoming *in, unsigned type, const unsigned char *content, size_t n)
{
	const unsigned char head[HEADER] = { FCGI_VERSION_1, (unsigned char)type, (unsigned char)(in->id >> 8),
		(unsigned char)in->id, (unsigned char)(n >> 8), (unsigned char)n };

	memcpy(p, head, HEADER);
	if (n > 0)
		memcpy(p + HEADER, content, n);
	return (p + HEADER + n);
}

/* All of ${content} and the empty record that ends the stream. */
static unsigned char *
put_stream(unsigned char *p, const struct incoming *in, unsigned type, const unsigned char *content, size_t n)
{

	while (n > 0) {
		size_t piece = n < CONTENT_MAX ? n : CONTENT_MAX;

		p = put_record(p, in, type, content, piece);
		content += piece;
		n -= piece;
	}
	return (put_record(p, in, type, NULL, 0));
}

static size_t
stream_bytes(size_t n)
{

	return (n + HEADER * ((n + CONTENT_MAX - 1) / CONTENT_MAX + 1));
}

int
feed_load(const struct incoming *in)
{
	const unsigned char begin[HEADER] = { 0, in->authorizer ? FCGI_AUTHORIZER : FCGI_RESPONDER,
		in->keep ? FCGI_KEEP_CONN : 0 };
	size_t body = in->authorizer ? 0 : in->body;
	unsigned char *p;

	if (feed_open() != 0)
		return (-1);
	feed.start = FEED_BYTES - (HEADER + sizeof(begin) + stream_bytes(in->params) + stream_bytes(body));
	p = put_record(feed.map + feed.start, in, FCGI_BEGIN_REQUEST, begin, sizeof(begin));
	p = put_stream(p, in, FCGI_PARAMS, in->bytes, in->params);
	put_stream(p, in, FCGI_STDIN, in->bytes == NULL ? NULL : in->bytes + in->params, body);
	return (lseek(feed.fd, (off_t)feed.start, SEEK_SET) < 0 ? -1 : feed.fd);
}

void
feed_wipe(void)
{

	if (feed.map != NULL)
		explicit_bzero(feed.map + feed.start, FEED_BYTES - feed.start);
	feed.start = FEED_BYTES;
}

void
feed_lost(void)
{

	feed_wipe();
	if (feed.map != NULL)
		munmap(feed.map, FEED_BYTES);
	feed.map = NULL;
	feed.fd = -1;
}
