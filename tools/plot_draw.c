// SPDX-License-Identifier: GPL-2.0
/*
 * Series of points as gnuplot takes them; plot/flow.gnuplot draws them. What an eye cannot tell
 * apart is left out.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot.h"
#include "xtcp.h"

#define BINS	320	/* a picture is not three times as many points wide */
#define SCRIPT	"plot/flow.gnuplot"

enum manner {
	DOTS,
	STEPS,		/* each value holds until the next */
	STAIRS,		/* the same, up alone */
};

/**
 * struct column - a member of the points of a series
 * @name: of what it becomes
 * @points: the series; each begins with its time
 * @count: of these
 * @size: of one
 * @value: where the member is, which has 64 bits
 * @least: what is less is not known, and left out
 * @as: how it is drawn
 * @told: the last value that was; -1: none
 */
struct column {
	const char	*name;
	const void	*points;
	unsigned int	count;
	size_t		size;
	size_t		value;
	int64_t		least;
	enum manner	as;
	int64_t		told;
};

/* Of what @flow has. */
#define COLUMN(kind, member, unknown, manner) {				\
	.name = #member,						\
	.points = flow->kind##s,					\
	.count = flow->kind##_count,					\
	.size = sizeof(struct plot_##kind),				\
	.value = offsetof(struct plot_##kind, member),			\
	.least = (unknown) + 1,						\
	.as = (manner),							\
	.told = -1,							\
}

void plot_find_gnuplot(void)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";
	char name[4096];
	size_t len;

	for (; *path; path += len + !!path[len]) {
		len = strcspn(path, ":");
		snprintf(name, sizeof(name), "%.*s/gnuplot", (int)len, path);
		if (!access(name, X_OK))
			return;
	}
	die("gnuplot is not installed (Debian: gnuplot-nox); --json does without");
}

/*
 * Data
 */

static uint64_t us_at(const struct column *c, unsigned int i)
{
	return *(const uint64_t *)((const char *)c->points + i * c->size);
}

static int64_t value_at(const struct column *c, unsigned int i)
{
	return *(const int64_t *)((const char *)c->points + i * c->size + c->value);
}

static uint64_t bin_of(const struct plot_flow *flow, uint64_t us)
{
	return us * BINS / (flow->end_us + 1);
}

static void print_point(FILE *to, struct column *c, unsigned int i)
{
	c->told = value_at(c, i);
	fprintf(to, "%.6f %" PRId64 "\n", us_at(c, i) / 1e6, value_at(c, i));
}

/* Of what lies in the same bin the least and the greatest, in their order. */
static void print_bin(FILE *to, struct column *c, unsigned int least, unsigned int most, bool last)
{
	unsigned int first = least < most ? least : most;

	if (c->as != STAIRS && least != most)
		print_point(to, c, first);
	first = c->as == STAIRS ? most : least + most - first;
	if (last || c->as == DOTS || value_at(c, first) != c->told)
		print_point(to, c, first);
}

static void print_column(FILE *to, const struct plot_flow *flow, struct column *c)
{
	unsigned int i, least = 0, most = 0;
	bool any = false;

	fprintf(to, "$%s << EOD\n", c->name);
	for (i = 0; i < c->count; i++) {
		if (value_at(c, i) < c->least)
			continue;
		if (any && bin_of(flow, us_at(c, i)) != bin_of(flow, us_at(c, least))) {
			print_bin(to, c, least, most, false);
			any = false;
		}
		if (!any || value_at(c, i) < value_at(c, least))
			least = i;
		if (!any || value_at(c, i) > value_at(c, most))
			most = i;
		any = true;
	}
	if (any)
		print_bin(to, c, least, most, true);
	fputs("EOD\n", to);
}

/* What the axis of a panel is for. */
static void print_most(FILE *to, const char *name, const struct column *c, unsigned int count)
{
	int64_t most = 0;
	unsigned int i;

	for (; count--; c++) {
		for (i = 0; i < c->count; i++) {
			if (value_at(c, i) > most)
				most = value_at(c, i);
		}
	}
	fprintf(to, "%s = %.1f\n", name, (double)most);
}

/* Upright bars, each from its first byte to its last; neighbours in a bin are one. */
static void print_segments(FILE *to, const struct plot_flow *flow, const char *name, bool again)
{
	const struct plot_segment *s = flow->segments, *end = s + flow->segment_count;
	struct plot_segment bar = { };

	fprintf(to, "$%s << EOD\n", name);
	for (; s < end; s++) {
		if (s->again != again)
			continue;
		if (bar.end == s->begin && bin_of(flow, bar.us) == bin_of(flow, s->us)) {
			bar.end = s->end;
			continue;
		}
		if (bar.end > bar.begin)
			fprintf(to, "%.6f %" PRId64 " 0 %" PRId64 "\n", bar.us / 1e6, bar.begin,
				bar.end - bar.begin);
		bar = *s;
	}
	if (bar.end > bar.begin)
		fprintf(to, "%.6f %" PRId64 " 0 %" PRId64 "\n", bar.us / 1e6, bar.begin,
			bar.end - bar.begin);
	fputs("EOD\n", to);
}

static void print_phases(FILE *to, const struct plot_flow *flow, const char *name,
			 const char *phase)
{
	const struct plot_window *w = flow->windows, *all = w + flow->window_count;
	const struct plot_window *begun = NULL;

	fprintf(to, "$%s << EOD\n", name);
	for (; w < all; w++) {
		if (strcmp(w->phase, phase)) {
			if (begun)
				fprintf(to, "%.6f %.6f\n", begun->us / 1e6, w->us / 1e6);
			begun = NULL;
		} else if (!begun) {
			begun = w;
		}
	}
	if (begun)
		fprintf(to, "%.6f %.6f\n", begun->us / 1e6, flow->end_us / 1e6);
	fputs("EOD\n", to);
}

static void print_data(FILE *to, const struct plot_flow *flow)
{
	struct column columns[] = {
		COLUMN(ack, ack, -1, STAIRS),
		COLUMN(ack, edge, -1, STAIRS),
		COLUMN(window, cwnd, 0, STEPS),
		COLUMN(window, ssthresh, 0, STEPS),
		COLUMN(sample, rtt_us, 0, DOTS),
		COLUMN(window, srtt_us, 0, STEPS),
		COLUMN(window, pacing_rate, 0, STEPS),
		COLUMN(window, delivery_rate, 0, STEPS),
	};
	char from[ENDPOINT_TEXT], to_text[ENDPOINT_TEXT];
	unsigned int i;

	/* Two of them in each panel. */
	print_most(to, "most_byte", &columns[0], 2);
	print_most(to, "most_window", &columns[2], 2);
	print_most(to, "most_us", &columns[4], 2);
	print_most(to, "most_rate", &columns[6], 2);
	endpoint_text(&flow->from, true, from);
	endpoint_text(&flow->to, true, to_text);
	fprintf(to, "flow = '%s to %s'\n", from, to_text);
	fprintf(to, "end_s = %.6f\nat_sender = %d\n", (flow->end_us + 1) / 1e6, flow->at_sender);
	print_segments(to, flow, "sent", false);
	print_segments(to, flow, "again", true);
	print_phases(to, flow, "recovery", "RECOVERY");
	print_phases(to, flow, "loss", "LOSS");
	for (i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		print_column(to, flow, &columns[i]);
}

/*
 * Drawing
 */

static int memory(const char *what)
{
	int fd = memfd_create(what, 0);

	if (fd < 0)
		die("memfd_create: %s", strerror(errno));
	return fd;
}

static int data_of(const struct plot_flow *flow)
{
	int fd = memory("xtcp-plot-data");
	FILE *file = fdopen(dup(fd), "w");

	if (!file)
		die("a file in memory: %s", strerror(errno));
	print_data(file, flow);
	if (fclose(file))
		die("a file in memory: %s", strerror(errno));
	return fd;
}

static _Noreturn void be_gnuplot(int data, int drawn)
{
	char script[4096], data_path[32];

	if (!find_library(SCRIPT, script, sizeof(script)))
		die("%s: %s", script, strerror(errno));
	/* It opens this one itself, from its beginning. */
	snprintf(data_path, sizeof(data_path), "/proc/self/fd/%d", data);
	if (dup2(drawn, STDOUT_FILENO) < 0)
		die("dup2: %s", strerror(errno));
	/* Numbers with a comma, or a person's own defaults, would be in the picture. */
	setenv("LC_ALL", "C.UTF-8", 1);
	execlp("gnuplot", "gnuplot", "--default-settings", data_path, script, NULL);
	die("gnuplot: %s", strerror(errno));
}

static void copy(int from, int to)
{
	char text[0x10000], *at;
	ssize_t len, put;

	if (lseek(from, 0, SEEK_SET))
		die("a file in memory: %s", strerror(errno));
	while ((len = read(from, text, sizeof(text))) > 0) {
		for (at = text; len; at += put, len -= put) {
			put = write(to, at, len);
			if (put < 0)
				die("the picture: %s", strerror(errno));
		}
	}
}

void plot_draw(const struct plot_flow *flow, int picture)
{
	int data = data_of(flow), drawn = memory("xtcp-plot"), status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid)
		be_gnuplot(data, drawn);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status)
		exit(STATUS_FAILED);
	copy(drawn, picture);
	close(drawn);
	close(data);
}
