// SPDX-License-Identifier: GPL-2.0
/*
 * Filters in the language of ss(8):
 *
 *	expression = term { ["or" | "|" | "||"] term }
 *	term	   = factor { ["and" | "&" | "&&" | nothing] factor }
 *	factor	   = ("not" | "!") factor | "(" expression ")" | test
 *	test	   = ("src" | "dst") [equal] host | ("sport" | "dport") relation port
 *		   | "dev" equal interface
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "ss.h"
#include "xtcp.h"

enum kind { AND, OR, NOT, HOST, PORT, DEVICE };

enum relation { EQUAL, UNEQUAL, LESS, GREATER, AT_MOST, AT_LEAST, NO_RELATION };

/**
 * struct ss_filter - a node of the expression
 * @kind: what it is
 * @relation: of a test
 * @remote: it is of the peer's end
 * @left: of AND, OR and NOT
 * @right: of AND and OR
 * @address: of a host: IPv4 as v4-mapped
 * @bits: so many of its first ones count
 * @port: of a port; of a host 0 if any will do
 * @ifindex: of an interface
 */
struct ss_filter {
	enum kind		kind;
	enum relation		relation;
	bool			remote;
	struct ss_filter	*left;
	struct ss_filter	*right;
	struct in6_addr		address;
	unsigned int		bits;
	uint16_t		port;
	uint32_t		ifindex;
};

/* The command whose words they are. */
static const struct command *asker;

struct words {
	char		**word;
	unsigned int	count;
	unsigned int	next;
};

static const struct {
	const char	*name;
	unsigned int	states;
} state_names[] = {
	{ "established",	STATE_BIT(STATE_ESTABLISHED) },
	{ "estab",		STATE_BIT(STATE_ESTABLISHED) },
	{ "syn-sent",		STATE_BIT(STATE_SYN_SENT) },
	{ "syn-recv",		STATE_BIT(STATE_SYN_RECV) },
	{ "fin-wait-1",		STATE_BIT(STATE_FIN_WAIT1) },
	{ "fin-wait-2",		STATE_BIT(STATE_FIN_WAIT2) },
	{ "time-wait",		STATE_BIT(STATE_TIME_WAIT) },
	{ "closed",		STATE_BIT(STATE_CLOSE) | STATE_BIT(XTCP_DIAG_BOUND) },
	{ "unconnected",	STATE_BIT(STATE_CLOSE) | STATE_BIT(XTCP_DIAG_BOUND) },
	{ "bound-inactive",	STATE_BIT(XTCP_DIAG_BOUND) },
	{ "close-wait",		STATE_BIT(STATE_CLOSE_WAIT) },
	{ "last-ack",		STATE_BIT(STATE_LAST_ACK) },
	{ "listening",		STATE_BIT(STATE_LISTEN) },
	{ "listen",		STATE_BIT(STATE_LISTEN) },
	{ "closing",		STATE_BIT(STATE_CLOSING) },
	{ "all",		STATES_ALL },
	{ "connected",		STATES_ALL & ~STATES_UNCONNECTED },
	{ "synchronized",	STATES_ALL & ~STATES_UNCONNECTED & ~STATE_BIT(STATE_SYN_SENT) },
	{ "bucket",		STATES_BUCKET },
	{ "big",		STATES_ALL & ~STATES_BUCKET },
};

static unsigned int parse_state(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(state_names) / sizeof(*state_names); i++) {
		if (!strcasecmp(name, state_names[i].name))
			return state_names[i].states;
	}
	die_usage(&command_ss, "no such state: %s", name);
}

int ss_filter_states(int argc, char **argv, unsigned int *states)
{
	bool chosen = false;
	int i;

	for (i = 0; i < argc; i += 2) {
		bool exclude = !strcmp(argv[i], "exclude") || !strcmp(argv[i], "excl");

		if (!exclude && strcmp(argv[i], "state"))
			break;
		if (i + 1 == argc)
			die_usage(&command_ss, "%s: a state is missing", argv[i]);
		if (exclude)
			*states = (chosen ? *states : STATES_ALL) & ~parse_state(argv[i + 1]);
		else
			*states = (chosen ? *states : 0) | parse_state(argv[i + 1]);
		chosen = true;
	}
	return i;
}

/*
 * Words: what a shell has joined is taken apart again.
 */

static bool is_mark(char c)
{
	return c && strchr("()!=<>&|", c);
}

/* How long a word of marks is: two of them belong together in "==", "!=", "<=", "&&" and so on. */
static size_t mark_length(const char *text)
{
	if (strchr("()", *text))
		return 1;
	if (text[1] == '=' && strchr("=!<>", *text))
		return 2;
	return text[1] == *text && strchr("&|", *text) ? 2 : 1;
}

static void add_word(struct words *words, const char *text, size_t len)
{
	words->word = xrealloc(words->word, words->count + 1, sizeof(*words->word));
	words->word[words->count] = strndup(text, len);
	if (!words->word[words->count++])
		die("out of memory");
}

static void split(struct words *words, const char *text)
{
	size_t len;

	while (*(text += strspn(text, " \t\n"))) {
		if (is_mark(*text))
			len = mark_length(text);
		else
			len = strcspn(text, " \t\n()!=<>&|");
		add_word(words, text, len);
		text += len;
	}
}

static const char *peek(const struct words *words)
{
	return words->next < words->count ? words->word[words->next] : NULL;
}

static const char *take(struct words *words, const char *what)
{
	const char *word = peek(words);

	if (!word)
		die_usage(asker, "filter: %s is missing at the end", what);
	words->next++;
	return word;
}

static bool take_if(struct words *words, const char * const *names)
{
	const char *word = peek(words);

	for (; word && *names; names++) {
		if (!strcmp(word, *names)) {
			words->next++;
			return true;
		}
	}
	return false;
}

/*
 * Tests.
 */

static struct ss_filter *node(enum kind kind, struct ss_filter *left, struct ss_filter *right)
{
	struct ss_filter *f = xrealloc(NULL, 1, sizeof(*f));

	*f = (struct ss_filter) { .kind = kind, .left = left, .right = right };
	return f;
}

/* Of the next word, if it is one. */
static enum relation take_relation(struct words *words)
{
	static const struct {
		const char	*name;
		enum relation	relation;
	} names[] = {
		{ "=", EQUAL }, { "==", EQUAL }, { "eq", EQUAL },
		{ "!=", UNEQUAL }, { "ne", UNEQUAL }, { "neq", UNEQUAL },
		{ "<", LESS }, { "lt", LESS }, { ">", GREATER }, { "gt", GREATER },
		{ "<=", AT_MOST }, { "le", AT_MOST }, { "leq", AT_MOST },
		{ ">=", AT_LEAST }, { "ge", AT_LEAST }, { "geq", AT_LEAST },
	};
	const char *word = peek(words);
	unsigned int i;

	for (i = 0; word && i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(word, names[i].name)) {
			words->next++;
			return names[i].relation;
		}
	}
	return NO_RELATION;
}

static uint16_t parse_port(const char *text, const char *word)
{
	const struct servent *service;
	unsigned long port;
	char *end;

	port = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && port <= UINT16_MAX)
		return port;
	service = *text < '0' || *text > '9' ? getservbyname(text, "tcp") : NULL;
	if (!service)
		die_usage(asker, "filter: no such port: %s", word);
	return ntohs(service->s_port);
}

/* "10.0.0.0/8", "::1/128", "*"; empty as well. */
static bool parse_address(struct ss_filter *f, char *text)
{
	char *slash = strchr(text, '/'), *end;
	unsigned int most = 128;
	struct in_addr v4;

	if (!*text || !strcmp(text, "*"))
		return true;
	if (slash)
		*slash++ = 0;
	if (inet_pton(AF_INET, text, &v4) == 1) {
		memset(&f->address, 0, sizeof(f->address));
		f->address.s6_addr[10] = 0xff;
		f->address.s6_addr[11] = 0xff;
		memcpy(&f->address.s6_addr[12], &v4, sizeof(v4));
		most = 32;
	} else if (inet_pton(AF_INET6, text, &f->address) != 1) {
		return false;
	}
	f->bits = most;
	if (slash) {
		f->bits = strtoul(slash, &end, 10);
		if (*slash < '0' || *slash > '9' || *end || f->bits > most)
			return false;
	}
	/* Of an IPv4 address the mapping counts, too. */
	if (most == 32)
		f->bits += 96;
	return true;
}

/* "192.0.2.1", "192.0.2.1:80", "[::1]:80", "::1", ":80". */
static void parse_host(struct ss_filter *f, const char *word)
{
	char *text = strdup(word), *address = text, *port = NULL, *end;

	if (!text)
		die("out of memory");
	if (*text == '[') {
		address++;
		end = strchr(address, ']');
		if (!end || (end[1] && end[1] != ':' && end[1] != '/'))
			die_usage(asker, "filter: no such address: %s", word);
		port = strchr(end + 1, ':');
		/* The length of a prefix may come behind the bracket. */
		memmove(end, end + 1, strlen(end + 1) + 1);
		port = port ? port - 1 : NULL;
	} else if (strchr(text, ':') == strrchr(text, ':')) {
		port = strchr(text, ':');
	}
	if (port) {
		*port++ = 0;
		if (strcmp(port, "*"))
			f->port = parse_port(port, word);
	}
	if (!parse_address(f, address))
		die_usage(asker, "filter: no such address: %s", word);
	free(text);
}

static struct ss_filter *test_host(struct words *words, bool remote)
{
	struct ss_filter *f = node(HOST, NULL, NULL);

	f->remote = remote;
	f->relation = take_relation(words);
	if (f->relation == NO_RELATION)
		f->relation = EQUAL;
	if (f->relation > UNEQUAL)
		die_usage(asker, "filter: addresses are equal or not: %s",
			  words->word[words->next - 1]);
	parse_host(f, take(words, "an address"));
	return f;
}

static struct ss_filter *test_port(struct words *words, bool remote)
{
	struct ss_filter *f = node(PORT, NULL, NULL);
	const char *word;

	f->remote = remote;
	f->relation = take_relation(words);
	word = take(words, "a port");
	if (f->relation == NO_RELATION)
		die_usage(asker, "filter: no such relation: %s", word);
	f->port = parse_port(*word == ':' ? word + 1 : word, word);
	return f;
}

static struct ss_filter *test_device(struct words *words)
{
	struct ss_filter *f = node(DEVICE, NULL, NULL);
	const char *word;

	f->relation = take_relation(words);
	word = take(words, "an interface");
	if (f->relation > UNEQUAL)
		die_usage(asker, "filter: no such relation: %s", word);
	f->ifindex = if_nametoindex(word);
	if (!f->ifindex)
		die_usage(asker, "filter: no such interface: %s", word);
	return f;
}

/*
 * The expression.
 */

static const char * const word_or[] = { "or", "|", "||", NULL };
static const char * const word_and[] = { "and", "&", "&&", NULL };
static const char * const word_not[] = { "not", "!", NULL };
static const char * const word_open[] = { "(", NULL };
static const char * const word_close[] = { ")", NULL };

/* More than a person writes, and little enough for the stack. */
#define DEPTH_MAX	256

static struct ss_filter *expression(struct words *words, unsigned int depth);

static struct ss_filter *factor(struct words *words, unsigned int depth)
{
	struct ss_filter *f;
	const char *word;

	if (depth > DEPTH_MAX)
		die_usage(asker, "filter: too deep");
	if (take_if(words, word_not))
		return node(NOT, factor(words, depth + 1), NULL);
	if (take_if(words, word_open)) {
		f = expression(words, depth + 1);
		if (!take_if(words, word_close))
			die_usage(asker, "filter: \")\" is missing");
		return f;
	}
	word = take(words, "a test");
	if (!strcmp(word, "src") || !strcmp(word, "dst"))
		return test_host(words, *word == 'd');
	if (!strcmp(word, "sport") || !strcmp(word, "dport"))
		return test_port(words, *word == 'd');
	if (asker == &command_ss && !strcmp(word, "dev"))
		return test_device(words);
	die_usage(asker, "filter: no such word: %s", word);
}

static struct ss_filter *term(struct words *words, unsigned int depth)
{
	struct ss_filter *f = factor(words, depth);
	const char *word;

	for (;;) {
		bool and = take_if(words, word_and);

		word = peek(words);
		if (!and && (!word || !strcmp(word, ")") || !strcmp(word, "or") || *word == '|'))
			return f;
		f = node(AND, f, factor(words, depth));
	}
}

static struct ss_filter *expression(struct words *words, unsigned int depth)
{
	struct ss_filter *f = term(words, depth);

	while (take_if(words, word_or))
		f = node(OR, f, term(words, depth));
	return f;
}

struct ss_filter *ss_filter_parse(const struct command *command, int argc, char **argv)
{
	struct words words = { };
	struct ss_filter *f;
	unsigned int j;
	int i;

	asker = command;
	for (i = 0; i < argc; i++)
		split(&words, argv[i]);
	if (!words.count)
		return NULL;
	f = expression(&words, 0);
	if (peek(&words))
		die_usage(asker, "filter: no such word here: %s", peek(&words));
	for (j = 0; j < words.count; j++)
		free(words.word[j]);
	free(words.word);
	return f;
}

void ss_filter_free(struct ss_filter *f)
{
	if (!f)
		return;
	ss_filter_free(f->left);
	ss_filter_free(f->right);
	free(f);
}

/*
 * Matching.
 */

static bool compare(uint32_t a, enum relation relation, uint32_t b)
{
	switch (relation) {
	case EQUAL:
		return a == b;
	case UNEQUAL:
		return a != b;
	case LESS:
		return a < b;
	case GREATER:
		return a > b;
	case AT_MOST:
		return a <= b;
	default:
		return a >= b;
	}
}

static bool in_prefix(const struct endpoint *ep, const struct in6_addr *prefix, unsigned int bits)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	const struct in6_addr *address = &ep->v6;
	unsigned int whole = bits / 8, rest = bits % 8;

	if (ep->version == 4) {
		memcpy(&mapped.s6_addr[12], &ep->v4, sizeof(ep->v4));
		address = &mapped;
	}
	if (memcmp(address, prefix, whole))
		return false;
	return !rest || !((address->s6_addr[whole] ^ prefix->s6_addr[whole]) >> (8 - rest));
}

bool ss_filter_matches(const struct ss_filter *f, const struct ss_socket *s)
{
	const struct endpoint *ep;

	if (!f)
		return true;
	ep = f->remote ? &s->peer : &s->local;
	switch (f->kind) {
	case AND:
		return ss_filter_matches(f->left, s) && ss_filter_matches(f->right, s);
	case OR:
		return ss_filter_matches(f->left, s) || ss_filter_matches(f->right, s);
	case NOT:
		return !ss_filter_matches(f->left, s);
	case HOST:
		return (in_prefix(ep, &f->address, f->bits) && (!f->port || f->port == ep->port)) ==
		       (f->relation == EQUAL);
	case PORT:
		return compare(ep->port, f->relation, f->port);
	default:
		return compare(s->msg->id.idiag_if, f->relation, f->ifindex);
	}
}
