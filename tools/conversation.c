// SPDX-License-Identifier: GPL-2.0
/* The lines of a trace: which connection each of them is about, and who began it. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conversation.h"
#include "xtcp.h"

/**
 * struct event - a line
 * @pid: who ran when it happened
 * @netns: where, if XTCP tells it
 * @local: one end
 * @remote: the other
 * @oldstate: of a change of state; else empty
 * @newstate: likewise
 */
struct event {
	pid_t		pid;
	unsigned int	netns;
	struct endpoint	local;
	struct endpoint	remote;
	char		oldstate[24];
	char		newstate[24];
};

/* A port that a process of those that are asked for listens at. */
struct listened {
	unsigned int	netns;
	uint16_t	port;
};

/* What is known of those processes. */
struct suspects {
	pid_t		*pids;
	unsigned int	pid_count;
	struct listened	*listened;
	unsigned int	listened_count;
};

/*
 * Words of a line
 */

void line_field(const char *line, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	const char *at = line;

	*value = 0;
	while ((at = strstr(at, name))) {
		bool whole = at > line && at[-1] == ' ' && at[len] == '=';

		at += len + whole;
		if (whole) {
			snprintf(value, size, "%.*s", (int)strcspn(at, "\n "), at);
			return;
		}
	}
}

uint64_t line_number(const char *line, const char *name)
{
	char value[24];

	line_field(line, name, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

static bool set_address(struct endpoint *ep, const char *text)
{
	memset(ep, 0, sizeof(*ep));
	if (inet_pton(AF_INET6, text, &ep->v6) != 1)
		return false;
	ep->version = 6;
	if (IN6_IS_ADDR_V4MAPPED(&ep->v6)) {
		ep->version = 4;
		memcpy(&ep->v4, &ep->v6.s6_addr[12], sizeof(ep->v4));
		memset(&ep->v6, 0, sizeof(ep->v6));
	}
	return true;
}

bool line_end(const char *line, const char *name, struct endpoint *ep)
{
	char text[80], *close;

	line_field(line, name, text, sizeof(text));
	close = strchr(text, ']');
	if (*text != '[' || !close || close[1] != ':')
		return false;
	*close = 0;
	if (!set_address(ep, text + 1))
		return false;
	ep->port = strtoul(close + 2, NULL, 10);
	return true;
}

static bool parse_kernel_end(struct endpoint *ep, const char *line, const char *address,
			     const char *port)
{
	char text[80];

	line_field(line, address, text, sizeof(text));
	if (!set_address(ep, text))
		return false;
	ep->port = line_number(line, port);
	return true;
}

/* "  a program-123     [000] ..." */
static pid_t parse_pid(const char *line)
{
	const char *at = line;
	int cpu, len;

	while ((at = strstr(at, " ["))) {
		len = 0;
		if (sscanf(at, " [%d]%n", &cpu, &len) == 1 && len) {
			while (at > line && *at == ' ')
				at--;
			while (at > line && *at >= '0' && *at <= '9')
				at--;
			return strtol(at + 1, NULL, 10);
		}
		at++;
	}
	return 0;
}

bool line_is(const char *line, const char *event)
{
	const char *name = strchr(event, '/') + 1, *at = line;
	size_t len = strlen(name);

	while ((at = strstr(at, ": "))) {
		at += 2;
		if (!strncmp(at, name, len) && at[len] == ':' && at[len + 1] == ' ')
			return true;
	}
	return false;
}

static bool parse_xtcp(struct event *ev, const char *line, const char * const *events)
{
	while (*events && (strncmp(*events, "xtcp/", 5) || !line_is(line, *events)))
		events++;
	if (!*events)
		return false;
	ev->netns = line_number(line, "netns");
	line_field(line, "oldstate", ev->oldstate, sizeof(ev->oldstate));
	line_field(line, "newstate", ev->newstate, sizeof(ev->newstate));
	return line_end(line, "local", &ev->local) && line_end(line, "remote", &ev->remote);
}

static bool parse_kernel(struct event *ev, const char *line)
{
	return strstr(line, ": inet_sock_set_state: ") && strstr(line, " protocol=IPPROTO_TCP ") &&
	       parse_kernel_end(&ev->local, line, "saddrv6", "sport") &&
	       parse_kernel_end(&ev->remote, line, "daddrv6", "dport");
}

/*
 * Who begins connections
 */

static void suspect(struct suspects *s, pid_t pid)
{
	s->pids = xgrow(s->pids, s->pid_count, sizeof(*s->pids));
	s->pids[s->pid_count++] = pid;
}

static bool is_suspect(const struct suspects *s, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < s->pid_count; i++) {
		if (s->pids[i] == pid)
			return true;
	}
	return false;
}

static bool is_listened(const struct suspects *s, const struct event *ev)
{
	unsigned int i;

	for (i = 0; i < s->listened_count; i++) {
		if (s->listened[i].netns == ev->netns && s->listened[i].port == ev->local.port)
			return true;
	}
	return false;
}

static void note_listener(struct suspects *s, const struct event *ev)
{
	if (strcmp(ev->newstate, "LISTEN") || !is_suspect(s, ev->pid))
		return;
	s->listened = xgrow(s->listened, s->listened_count, sizeof(*s->listened));
	s->listened[s->listened_count++] = (struct listened){ ev->netns, ev->local.port };
}

/* Segments come while anybody runs; but it is the program itself that connects. */
static bool is_begun(const struct suspects *s, const struct event *ev)
{
	if (!strcmp(ev->newstate, "SYN_SENT"))
		return is_suspect(s, ev->pid);
	return !strcmp(ev->newstate, "SYN_RECEIVED") && is_listened(s, ev);
}

/*
 * Conversations
 */

static bool same_ends(const struct conversation *c, const struct event *ev)
{
	return (!endpoint_compare(&c->ends[0], &ev->local) &&
		!endpoint_compare(&c->ends[1], &ev->remote)) ||
	       (!endpoint_compare(&c->ends[1], &ev->local) &&
		!endpoint_compare(&c->ends[0], &ev->remote));
}

/* The last ones are the likeliest. */
static unsigned int find_conversation(struct traced *t, const struct event *ev)
{
	unsigned int i = t->conversation_count;

	while (i--) {
		if (same_ends(&t->conversations[i], ev))
			return i;
	}
	i = t->conversation_count++;
	t->conversations = xgrow(t->conversations, i, sizeof(*t->conversations));
	t->conversations[i] = (struct conversation){ .ends = { ev->local, ev->remote } };
	return i;
}

static int take_xtcp(struct traced *t, const struct event *ev, const struct ss_filter *filter,
		     struct suspects *suspects)
{
	const struct ss_socket s = { .local = ev->local, .peer = ev->remote };
	struct conversation *c;
	int i;

	if (!ev->remote.port) {
		note_listener(suspects, ev);
		return OF_ALL;
	}
	i = find_conversation(t, ev);
	c = &t->conversations[i];
	c->xtcp = true;
	c->matches = c->matches || ss_filter_matches(filter, &s);
	c->begun = c->begun || is_begun(suspects, ev);
	return i;
}

/* Which conversation the line is about. */
static int take_line(struct traced *t, const char *line, const char * const *events,
		     const struct ss_filter *filter, struct suspects *suspects)
{
	struct event ev = { .pid = parse_pid(line) };

	if (parse_xtcp(&ev, line, events))
		return take_xtcp(t, &ev, filter, suspects);
	if (parse_kernel(&ev, line))
		return ev.local.port && ev.remote.port ? (int)find_conversation(t, &ev) : OF_ALL;
	if (strstr(line, ": sched_process_fork: ") && is_suspect(suspects, ev.pid))
		suspect(suspects, line_number(line, "child_pid"));
	return OF_NONE;
}

/* The heading of a trace says how much of it there is. */
static bool is_incomplete(const char *line)
{
	unsigned long there, happened;

	return sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu",
		      &there, &happened) == 2 && there < happened;
}

void traced_read(struct traced *t, FILE *file, const char * const *events,
		 const struct ss_filter *filter, pid_t process)
{
	struct suspects suspects = { };
	char *line = NULL;
	size_t size = 0;

	memset(t, 0, sizeof(*t));
	if (process)
		suspect(&suspects, process);
	while (getline(&line, &size, file) > 0) {
		int of = take_line(t, line, events, filter, &suspects);

		t->lost = t->lost || is_incomplete(line);
		if (of == OF_NONE)
			continue;
		t->lines = xgrow(t->lines, t->count, sizeof(*t->lines));
		t->of = xgrow(t->of, t->count, sizeof(*t->of));
		t->of[t->count] = of;
		t->lines[t->count++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	free(suspects.pids);
	free(suspects.listened);
}

void traced_free(struct traced *t)
{
	unsigned int i;

	for (i = 0; i < t->count; i++)
		free(t->lines[i]);
	free(t->lines);
	free(t->of);
	free(t->conversations);
}
