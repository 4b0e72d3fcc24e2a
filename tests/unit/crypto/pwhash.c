/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/pwhash.h"

#define ARGON2_SAMPLE "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE"

static const struct {
	const char *hash;
	const char *password;
	enum pwhash_verdict verdict;
	bool outdated;
} samples[] = {
	{ ARGON2_SAMPLE, "password", PWHASH_MATCH, false },
	{ ARGON2_SAMPLE, "passwore", PWHASH_NO_MATCH, false },
	{ ARGON2_SAMPLE, "", PWHASH_NO_MATCH, false },
	/* of phc-winner-argon2's own test: the short salt makes them outdated */
	{ "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", PWHASH_MATCH,
	    true },
	{ "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", PWHASH_MATCH,
	    true },
	{ "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password", PWHASH_MATCH,
	    true },
	{ "pbkdf2:sha256:1000:73616c7473616c74:135f7a66144fcf0fb003ce048f31f024ed5cbff30525d3ba0bfb3199479362a6", "password",
	    PWHASH_MATCH, true },
	{ "$pbkdf2-sha256$1000$c2FsdHNhbHQ$E196ZhRPzw.wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY", "password", PWHASH_MATCH, true },
	{ "pbkdf2_sha256$1000$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_MATCH, true },
	{ "pbkdf2_sha256$1001$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_NO_MATCH, true },
	{ "pbkdf2_sha256$1000$saltsalu$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_NO_MATCH, true },
	/* argon2(1) */
	{ "$argon2i$v=19$m=256,t=2,p=1$c2FsdHNhbHQ$5OapklhxwkZVxkgDYSpsJFqY3WMJV1naIxLqbRIs66A", "password", PWHASH_MATCH,
	    true },
	{ "$argon2i$v=16$m=256,t=2,p=1$c2FsdHNhbHQ$921nR7aJKmQ0QOIPgYm9lV8QYveQlEwB5FoKOQ1OsCw", "password", PWHASH_MATCH,
	    true },
	/* htpasswd, mkpasswd(1) */
	{ "$2y$05$wkzVICNxRoNKfdes98yAz.cHYgITjN0P9LcJNw3E7K8j38zkDMR0O", "password", PWHASH_MATCH, true },
	{ "$2a$05$kgKmcZ0mMEn5Q6wf8zGIJuirijL60ax0UFhjClOvj96qGVZisp5/q", "password", PWHASH_MATCH, true },
	{ "$2b$05$5ntyo9OUio84/XPWoZ94AuVlhlsBn8W46anf5q.pnG0y9Xce0/Y52", "password", PWHASH_MATCH, true },
	{ "$2b$05$5ntyo9OUio84/XPWoZ94AuVlhlsBn8W46anf5q.pnG0y9Xce0/Y52", "passwore", PWHASH_NO_MATCH, true },
	{ "$2b$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm", "password", PWHASH_MATCH, true },
	/* some tools write the salt's last character with bits that do not count */
	{ "$2b$04$abcdefghijklmnopqrstuvghE8Ev8uGFaUgY2cNEySvxngrb/Jzdm", "password", PWHASH_MATCH, true },
	{ "$y$j9T$NhVLeFFfHUQ/eedLuL2Ko0$YoL0NQrOOxEzMnriIzVxZKjykY5Eaw8LihH29b6SIB3", "password", PWHASH_MATCH, true },
	{ "$y$j9T$NhVLeFFfHUQ/eedLuL2Ko0$YoL0NQrOOxEzMnriIzVxZKjykY5Eaw8LihH29b6SIB3", "passwore", PWHASH_NO_MATCH, true },
	{ "$y$j75$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4", "password", PWHASH_MATCH, true },
	{ "$7$CU..../....ihIceSiXmaefKGaPqRb941$c0I2k48dJ8vhZSsLCD00gXz1smY803tAO8gwQaK65d.", "password", PWHASH_MATCH, true },
	{ "$6$uushIiFevpHlSVwv$ujjoizAluiVWOpNdN1NnLq1p/vaN7INKzkGDPY7Pq70x3jpx46yOoJWz4I1rwFm4BAuMqD4ViA/LD.LcZqsyD1",
	    "password", PWHASH_MATCH, true },
	{ "$6$rounds=1000$saltsalt$Z/J9iYO1iE9xnr8JPQL57ZWsVRtVjrUv3CiWc/wKWseqXgSqn3HFYJ/Ng7YXa8XlLj.wpdAwHOJJzuGFqBBRa0",
	    "password", PWHASH_MATCH, true },
	{ "$5$wH63w2Ev74YtzDzt$Jh8cUQjv1/fxHqxmuqlxS578OO77gqb7zodNeR21Av4", "password", PWHASH_MATCH, true },
	{ "$5$rounds=1000$saltsalt$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9", "password", PWHASH_MATCH, true },
	{ "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/", "password", PWHASH_MATCH, true },
	{ "$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/", "passwore", PWHASH_NO_MATCH, true },
	{ "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password", PWHASH_MATCH, true },
	{ "{sha}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password", PWHASH_MATCH, true },
	{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "password", PWHASH_NO_MATCH, true },
	/* slappasswd(8) */
	{ "{SSHA}6jC9tp4utYNwzS2nEVjhYA2rMj88xWTO", "password", PWHASH_MATCH, true },
	{ "{SSHA}6jC9tp4utYNwzS2nEVjhYA2rMj88xWTO", "passwore", PWHASH_NO_MATCH, true },
	/* passlib, Django, Werkzeug */
	{ "$pbkdf2-sha512$25000$6p1zjlEqRWgt5XwPYYxRqg$/knyuZLXQAAFy/igD96aLisjb/"
	  "c6BzK81vNdskAXbpJIPwr6wz.nJVnSB5nSKxAoc33cY60imT0nm7Y"
	  "nfdchRg",
	    "password", PWHASH_MATCH, true },
	{ "pbkdf2_sha512$1000$saltsalt$Q6v4xwJ8a9nWPp2BeEoAYYhHSo2xRmPWART17vTpSxt2q6iNp7BOozW557qqa95eNjUO4gKs0CyvJbYGGku1tA="
	  "=",
	    "password", PWHASH_MATCH, true },
	{ "pbkdf2:sha512:1000$saltsalt$"
	  "43abf8c7027c6bd9d63e9d81784a006188474a8db14663d60114f5eef4e94b1b76aba88da7b04ea335b9e7baaa6bde5e"
	  "36350ee202acd02caf25b6061a4bb5b4",
	    "password", PWHASH_MATCH, true },
	{ "pbkdf2:sha256:2000$IuFZk9NEVsJ94xxa$6a3973a66d996d6ba6130ffeb81103fa344014983efde25bdab6a72790d11e96", "password",
	    PWHASH_MATCH, true },
	{ "pbkdf2:sha256:1000$salt$00112233445566778899aabbccddeeff", "password", PWHASH_NO_MATCH, true },
	{ "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4", "password", PWHASH_MATCH,
	    true },
	{ "scrypt:32768:8:1$Zm9vYmFyc2FsdDEy$"
	  "db8f547f13c81b980066dcfedba80902ba32df0548e390b4d316f7adff67114353907e2d2cf3a4cb9fde240da4"
	  "145ae5437a1ccf240d3048197ea746f0d06267",
	    "password", PWHASH_MATCH, true },
	{ "scrypt:1024:8:2$Zm9vYmFyc2FsdDEy$"
	  "ce534e9b96c3adbb24594fcf310c24c4ef82e1cf445b73e7c549eb161762e384bfcc64933285693b356110497f6e"
	  "ea237133bac29df34e9ffcd7bec79246b0ae",
	    "password", PWHASH_MATCH, true },
	/* plain: a salt that is text, one that looks like hexadecimal and is text, and (above) one that is hexadecimal */
	{ "pbkdf2:sha256:1000:s4lt:6b95dd411e874b7fddb2e0afcdf81b3898dd769c0b11c4bd73dfcc5ad7d2f4b1", "password", PWHASH_MATCH,
	    true },
	{ "pbkdf2:sha256:1000:73616c7473616c74:a810e879a03d60a9a9a9ba3b71788b1ccc14c5c55d215f468124b05a6aea3077", "password",
	    PWHASH_MATCH, true },
	{ "pbkdf2:sha256:1000:73616c7473616c74:a810e879a03d60a9a9a9ba3b71788b1ccc14c5c55d215f468124b05a6aea3077", "passwore",
	    PWHASH_NO_MATCH, true },
	{ "pbkdf2:sha256:1000:73616c7473616c7:00112233445566778899aabbccddeeff", "password", PWHASH_NO_MATCH, true },
};

static void
test_samples(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		enum pwhash_verdict got = pwhash_verify(samples[i].hash, samples[i].password, strlen(samples[i].password));

		if (got != samples[i].verdict || pwhash_outdated(samples[i].hash) != samples[i].outdated)
			fail_msg("row %zu: %s", i, samples[i].hash);
	}
}

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define TAG "K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE"

/* Malformed or beyond the bounds: never a match, never an error, and always the cost of a default hash. */
static const char *const refused[] = {
	NULL,
	"",
	"!",
	"!!",
	"*",
	"*0",
	"*1",
	"x",
	"password",
	"$",
	"$argon2id$",
	"!" ARGON2_SAMPLE,
	"$argon2i$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2d$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=16$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=4294967295,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=262145,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=17,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=9$" SALT "$" TAG,
	"$argon2id$v=19$m=0,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=7,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=0,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=0$" SALT "$" TAG,
	"$argon2id$v=19$m=-1,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$t=2,m=19456,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1,x=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$",
	"$argon2id$v=19$m=19456,t=2,p=1$$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG "=",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG "$x",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV-9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptF",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG TAG TAG,
	"pbkdf2_sha256$0$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$5000001$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$4294967297$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$1000$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"pbkdf2_sha256$1000$saltsalt$",
	"pbkdf2_sha256$1000$saltsalt$====",
	"pbkdf2_sha256$1000",
	"pbkdf2_sha256$",
	"$pbkdf2-sha256$1000$c2FsdHNhbHQ$",
	"$pbkdf2-sha256$1000$c2FsdHNhbHQ$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"$pbkdf2-sha256$$c2FsdHNhbHQ$K13EBUiG7JV.9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"pbkdf2:sha256:1000:73616c7473616c74:00112233445566778899aabbccddeefg",
	"pbkdf2:sha256:1000:73616c7473616c74:0011",
	"pbkdf2:sha1:1000:73616c7473616c74:00112233445566778899aabbccddeeff",
	"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
	"$1$salt$qJH7.N4xYta3aEG/dfqo/0",

	/* what libcrypt would work at for minutes, or not at all */
	"$2b$16$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2b$31$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2b$03$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2b$5$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2x$05$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2b$05$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzd",
	"$2b$05$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdmm",
	"$2b$05$abcdefghijklmnopqrst:ughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
	"$2b$05",
	"$2b$05$",
	"$y$jHT$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4",
	"$y$jzT$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4",
	"$y$j7z$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4",
	"$y$k75$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4",
	"$y$j75$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb",
	"$y$j75$saltsalt$",
	"$y$j75$saltsalt",
	"$y$",
	"$7$GU..../....saltsalt$c0I2k48dJ8vhZSsLCD00gXz1smY803tAO8gwQaK65d.",
	"$7$Czzzzz/....saltsalt$c0I2k48dJ8vhZSsLCD00gXz1smY803tAO8gwQaK65d.",
	"$7$CU....zzzzzsaltsalt$c0I2k48dJ8vhZSsLCD00gXz1smY803tAO8gwQaK65d.",
	"$7$C...../....saltsalt$c0I2k48dJ8vhZSsLCD00gXz1smY803tAO8gwQaK65d.",
	"$7$CU....",
	"$7$",
	"$6$rounds=5000001$saltsalt$Z/J9iYO1iE9xnr8JPQL57ZWsVRtVjrUv3CiWc/wKWseqXgSqn3HFYJ/Ng7YXa8XlLj.wpdAwHOJJzuGFqBBRa0",
	"$6$rounds=999$saltsalt$Z/J9iYO1iE9xnr8JPQL57ZWsVRtVjrUv3CiWc/wKWseqXgSqn3HFYJ/Ng7YXa8XlLj.wpdAwHOJJzuGFqBBRa0",
	"$5$rounds=4294968296$saltsalt$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9",
	"$5$rounds=$saltsalt$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9",
	"$5$saltsaltsaltsalts$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9",
	"$5$$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT9",
	"$5$salt$azOwbpkvuuBKkE82dQPwTsQE8JyT9Fflpr9aKid3aT",
	"$5$salt$",
	"$5$salt",
	"$5$",
	"$scrypt$ln=22,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4",
	"$scrypt$ln=10,r=8,p=17$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4",
	"$scrypt$ln=18,r=8,p=3$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4",
	"$scrypt$ln=32,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4",
	"$scrypt$ln=1,r=4294967295,p=1$c2FsdHNhbHRzYWx0c2FsdA$BVMRKqdiVYikKAaPR1wucsKUKvw4TuPLkdEYtoSHas4",
	"scrypt:32767:8:1$saltsalt$00112233445566778899aabbccddeeff",
	"scrypt:4294967296:8:1$saltsalt$00112233445566778899aabbccddeeff",
	"scrypt:0:8:1$saltsalt$00112233445566778899aabbccddeeff",
	"scrypt:1024:8$saltsalt$00112233445566778899aabbccddeeff",
	"scrypt:1024:8:1",
	"pbkdf2:sha256:5000001$saltsalt$00112233445566778899aabbccddeeff",
	"pbkdf2:sha256$saltsalt$00112233445566778899aabbccddeeff",
	"pbkdf2:sha256:1000$$00112233445566778899aabbccddeeff",
	"pbkdf2:sha256:1000:saltsalt",
	"pbkdf2:sha256:1000$saltsalt:0011",
	"$apr1$saltsalts$yAAkm4libquA.ZWLHbSBq/",
	"$apr1$$yAAkm4libquA.ZWLHbSBq/",
	"$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq",
	"$apr1$saltsalt",
	"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mjw==",
	"{SHA}",
	"{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
	"{SSHA}",
	"{SMD5}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
	"{CLEARTEXT}password",
	"_J9..K0AyUubAhCmuE3k",
	"ab1kb7XSZbfcA",
};

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ((double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6);
}

static void
test_refused(void **state)
{
	double from, fair;

	(void)state;
	pwhash_spend("", "password", 8);
	from = cpu_ms();
	pwhash_spend("", "password", 8);
	fair = cpu_ms() - from;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		double took;

		from = cpu_ms();
		if (pwhash_verify(refused[i], "password", 8) != PWHASH_NO_MATCH)
			fail_msg("row %zu: %s", i, refused[i]);
		took = cpu_ms() - from;
		if (took < fair / 4) /* far off means that nothing was computed; how near it is, is for a benchmark */
			fail_msg("row %zu: %s took %.2f ms of %.2f", i, refused[i], took, fair);
		assert_true(pwhash_outdated(refused[i]));
	}
}

static void
test_too_long(void **state)
{
	static char hash[PWHASH_TEXT_MAX * 2];

	(void)state;
	memset(hash, 'a', sizeof(hash) - 1);
	memcpy(hash, ARGON2_SAMPLE, sizeof(ARGON2_SAMPLE) - 1);
	assert_int_equal(pwhash_verify(hash, "password", 8), PWHASH_NO_MATCH);
}

static void
test_make(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} passwords[] = {
		{ "", 0 },
		{ " hunter2 ", 9 },
		{ "a\0b", 3 },
		{ "p\xc3\xa4ssw\xc3\xb6rd \xf0\x9f\x98\x80", 15 },
	};
	char one[PWHASH_TEXT_MAX], two[PWHASH_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		assert_int_equal(pwhash_make(passwords[i].p, passwords[i].n, one), 0);
		assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
		assert_false(pwhash_outdated(one));
		assert_int_equal(pwhash_verify(one, passwords[i].p, passwords[i].n), PWHASH_MATCH);
		assert_int_equal(pwhash_verify(one, "other", 5), PWHASH_NO_MATCH);
	}
	assert_int_equal(pwhash_make("a", 1, one), 0);
	assert_int_equal(pwhash_make("a", 1, two), 0);
	assert_string_not_equal(one, two);
	assert_int_equal(pwhash_verify(one, "a\0b", 3), PWHASH_NO_MATCH);
}

/* All of a long password counts, and one that is too long is refused without work. */
static void
test_long_password(void **state)
{
	char password[PASSWORD_MAX + 1], hash[PWHASH_TEXT_MAX];
	double from;

	(void)state;
	memset(password, 'x', sizeof(password));
	assert_int_equal(pwhash_make(password, PASSWORD_MAX, hash), 0);
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX), PWHASH_MATCH);
	password[PASSWORD_MAX - 1] = 'y';
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX), PWHASH_NO_MATCH);
	from = cpu_ms();
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX + 1), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_verify("!", password, PASSWORD_MAX + 1), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_make(password, PASSWORD_MAX + 1, hash), -1);
	assert_string_equal(hash, "");
	pwhash_spend("", password, PASSWORD_MAX + 1);
	assert_true(cpu_ms() - from < 1);
}

/* Estimates need only tell which is dearer. */
static void
costs(void **state)
{
	static const char *const rising[] = { "pbkdf2:sha256:1000:6162636465666768:30313233343536373839616263646566",
		"$pbkdf2-sha256$29000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg", "",
		"$pbkdf2-sha256$600000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg" };

	(void)state;
	for (size_t i = 1; i < sizeof(rising) / sizeof(rising[0]); i++)
		assert_true(pwhash_cost(rising[i - 1]) < pwhash_cost(rising[i]));
	assert_int_equal(pwhash_cost("!"), pwhash_cost(""));
	assert_int_equal(pwhash_cost("$1$salt$hash"), pwhash_cost(""));
}

/* bcrypt looks at 72 bytes: a password of more must not match by its beginning, nor is a hash made of it (R095). */
static void
test_limits(void **state)
{
	static const char hash[] = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"; /* of "x" 72 times */
	char password[PASSWORD_MAX];

	(void)state;
	memset(password, 'x', sizeof(password));
	assert_int_equal(pwhash_verify(hash, password, 72), PWHASH_MATCH);
	assert_int_equal(pwhash_verify(hash, password, 73), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_verify(hash, password, 71), PWHASH_NO_MATCH);
	/* A NUL would end the password there. */
	assert_int_equal(
	    pwhash_verify("$6$rounds=1000$saltsalt$Z/J9iYO1iE9xnr8JPQL57ZWsVRtVjrUv3CiWc/wKWseqXgSqn3HFYJ/Ng7YXa8XlLj.wpdAwHOJJ"
			  "zuGFqBBRa0",
		"password\0more", 13),
	    PWHASH_NO_MATCH);
}

static const struct pwhash_policy cheap[] = {
	{ PWHASH_SCHEME_ARGON2ID, 1024, 1, 4, 1000 },
	{ PWHASH_SCHEME_BCRYPT, 1024, 1, 4, 1000 },
	{ PWHASH_SCHEME_YESCRYPT, 1024, 1, 4, 1000 },
	{ PWHASH_SCHEME_PBKDF2_SHA256, 1024, 1, 4, 1000 },
};

/* Every scheme makes what it verifies, of any password up to its limit, and takes nobody else's for its own. */
static void
test_schemes(void **state)
{
	static const char *const begin[] = { "$argon2id$v=19$m=1024,t=1,p=1$", "$2b$04$", "$y$j9T$", "$pbkdf2-sha256$1000$" };
	static const size_t limits[] = { PASSWORD_MAX, 72, 511, PASSWORD_MAX };
	struct pwhash_policy defaults = { PWHASH_SCHEME_ARGON2ID, 19456, 2, 12, 600000 };
	char password[PASSWORD_MAX + 1], hashes[4][PWHASH_TEXT_MAX];

	(void)state;
	memset(password, 'x', sizeof(password));
	for (size_t i = 0; i < 4; i++) {
		size_t n = limits[i];

		pwhash_configure(&cheap[i]);
		assert_int_equal(pwhash_limit(), n);
		assert_int_equal(pwhash_make(password, n + 1, hashes[i]), -1);
		assert_int_equal(pwhash_make(password, n, hashes[i]), 0);
		assert_memory_equal(hashes[i], begin[i], strlen(begin[i]));
		assert_int_equal(pwhash_verify(hashes[i], password, n), PWHASH_MATCH);
		assert_int_equal(pwhash_verify(hashes[i], password, n - 1), PWHASH_NO_MATCH);
		assert_null(pwhash_problem(hashes[i]));
		for (size_t k = 0; k <= i; k++)
			assert_int_equal(pwhash_outdated(hashes[k]), k != i);
	}
	pwhash_configure(&defaults);
	for (size_t i = 0; i < 4; i++)
		assert_true(pwhash_outdated(hashes[i]));
}

/* Dearer than configured is not outdated: a change of the configuration makes nothing weaker. */
static void
test_outdated(void **state)
{
	static const struct {
		struct pwhash_policy policy;
		const char *hash;
		bool outdated;
	} t[] = {
		{ { PWHASH_SCHEME_BCRYPT, 19456, 2, 5, 600000 }, "$2b$05$5ntyo9OUio84/XPWoZ94AuVlhlsBn8W46anf5q.pnG0y9Xce0/Y52",
		    false },
		{ { PWHASH_SCHEME_BCRYPT, 19456, 2, 4, 600000 }, "$2b$05$5ntyo9OUio84/XPWoZ94AuVlhlsBn8W46anf5q.pnG0y9Xce0/Y52",
		    false },
		{ { PWHASH_SCHEME_BCRYPT, 19456, 2, 6, 600000 }, "$2b$05$5ntyo9OUio84/XPWoZ94AuVlhlsBn8W46anf5q.pnG0y9Xce0/Y52",
		    true },
		{ { PWHASH_SCHEME_ARGON2ID, 19456, 3, 6, 600000 }, ARGON2_SAMPLE, true },
		{ { PWHASH_SCHEME_ARGON2ID, 32768, 2, 6, 600000 }, ARGON2_SAMPLE, true },
		{ { PWHASH_SCHEME_ARGON2ID, 8192, 1, 6, 600000 }, ARGON2_SAMPLE, false },
		{ { PWHASH_SCHEME_YESCRYPT, 8192, 1, 6, 600000 },
		    "$y$j9T$NhVLeFFfHUQ/eedLuL2Ko0$YoL0NQrOOxEzMnriIzVxZKjykY5Eaw8LihH29b6SIB3", false },
		{ { PWHASH_SCHEME_YESCRYPT, 8192, 1, 6, 600000 }, "$y$j75$saltsalt$eWasoMp7uF0.AeHT3DZ8Zkum32fPmPJWiMVRQdwiBb4",
		    true },
	};
	struct pwhash_policy defaults = { PWHASH_SCHEME_ARGON2ID, 19456, 2, 12, 600000 };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pwhash_configure(&t[i].policy);
		if (pwhash_outdated(t[i].hash) != t[i].outdated)
			fail_msg("row %zu: %s", i, t[i].hash);
	}
	pwhash_configure(&defaults);
}

/* Named where an operator can do something about it. */
static void
test_problems(void **state)
{
	static const char *const t[][2] = { { "", "there is no hash" }, { "!", "the hash is locked" },
		{ "*0", "the hash is locked" }, { "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "MD5-crypt is too weak" },
		{ "ab1kb7XSZbfcA", "DES-crypt is too weak" }, { "_J9..K0AyUubAhCmuE3k", "DES-crypt is too weak" },
		{ "$2b$31$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
		    "the hash is malformed, or its parameters are out of bounds" },
		{ "password", "the hash is of no known form" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_string_equal(pwhash_problem(t[i][0]), t[i][1]);
	assert_null(pwhash_problem(ARGON2_SAMPLE));
}

/* The processor time is used up, and not much more of it. */
static void
burning(void **state)
{
	int64_t start = clock_cpu_us();

	(void)state;
	pwhash_burn(start + 20000);
	assert_true(clock_cpu_us() - start >= 20000);
	start = clock_cpu_us();
	pwhash_burn(start);
	pwhash_burn(0);
	assert_true(clock_cpu_us() - start < 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_long_password),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(costs),
		cmocka_unit_test(burning),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
