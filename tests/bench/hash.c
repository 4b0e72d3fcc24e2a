/* SPDX-License-Identifier: ISC */
/*
 * Password hashing alone. "hash bare SECONDS PROCESSES": verifications of a default hash by so many processes at
 * once, the ceiling for logins. "hash pbkdf2 ITERATIONS SECONDS": ours against OpenSSL's PKCS5_PBKDF2_HMAC, in turns.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "crypto/pwhash.h"

#define PASSWORD "correct horse battery"
#define SALT "0123456789abcdef"
#define DERIVED 32
#define PROCESSES_MAX 64

struct share {
	double seconds, cpu;
	unsigned long count;
};

static double
clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
verify_for(double seconds, const char *hash, struct share *out)
{
	double start = clock_of(CLOCK_MONOTONIC), cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);

	do {
		if (pwhash_verify(hash, PASSWORD, strlen(PASSWORD)) != PWHASH_MATCH)
			errx(1, "a hash does not verify");
		out->count++;
		out->seconds = clock_of(CLOCK_MONOTONIC) - start;
	} while (out->seconds < seconds);
	out->cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

static void
bare(double seconds, unsigned processes)
{
	struct share *s = mmap(NULL, sizeof(*s) * PROCESSES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char hash[PWHASH_TEXT_MAX];
	double rate = 0, cpu = 0;
	unsigned long count = 0;

	if (s == MAP_FAILED || processes > PROCESSES_MAX || pwhash_make(PASSWORD, strlen(PASSWORD), hash) != 0)
		errx(1, "no memory, or too many processes");
	for (unsigned i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			verify_for(seconds, hash, &s[i]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		continue;
	for (unsigned i = 0; i < processes; i++) {
		rate += (double)s[i].count / s[i].seconds;
		cpu += s[i].cpu;
		count += s[i].count;
	}
	printf("{\"rate\":%.3f,\"cpu_us\":%.1f,\"count\":%lu}\n", rate, cpu * 1e6 / (double)count, count);
}

static double
time_ours(unsigned iterations)
{
	double start = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	unsigned char out[DERIVED];

	if (pwhash_pbkdf2_sha256(PASSWORD, strlen(PASSWORD), SALT, strlen(SALT), iterations, out, sizeof(out)) != 0)
		errx(1, "pwhash_pbkdf2_sha256 failed");
	return (clock_of(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static double
time_openssl(unsigned iterations)
{
	double start = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	unsigned char out[DERIVED];

	if (PKCS5_PBKDF2_HMAC(PASSWORD, (int)strlen(PASSWORD), (const unsigned char *)SALT, (int)strlen(SALT), (int)iterations,
		EVP_sha256(), sizeof(out), out) != 1)
		errx(1, "PKCS5_PBKDF2_HMAC failed");
	return (clock_of(CLOCK_PROCESS_CPUTIME_ID) - start);
}

static void
pbkdf2(unsigned iterations, double seconds)
{
	double start = clock_of(CLOCK_MONOTONIC), ours = 0, openssl = 0;
	unsigned n = 0;

	do {
		ours += time_ours(iterations);
		openssl += time_openssl(iterations);
		n++;
	} while (clock_of(CLOCK_MONOTONIC) - start < seconds);
	printf("{\"ours_ms\":%.3f,\"openssl_ms\":%.3f,\"count\":%u}\n", ours * 1e3 / n, openssl * 1e3 / n, n);
}

int
main(int argc, char **argv)
{

	if (argc == 4 && strcmp(argv[1], "bare") == 0)
		bare(atof(argv[2]), (unsigned)atoi(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "pbkdf2") == 0)
		pbkdf2((unsigned)atoi(argv[2]), atof(argv[3]));
	else
		errx(2, "usage: hash bare SECONDS PROCESSES | hash pbkdf2 ITERATIONS SECONDS");
	return (0);
}
