// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp plot: a connection over time. plot_read.c makes series of the kernel's trace, plot_draw.c a
 * picture of these.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "plot.h"
#include "recording.h"

#define BUFFER_KIB	16384	/* for each processor: some hundred thousand events */

/* A connection. */
struct plot {
	struct plot_flow	flows[2];
};

static const char * const events[] = {
	"xtcp/xtcp_state", "xtcp/xtcp_send", "xtcp/xtcp_receive", "xtcp/xtcp_retransmit",
	"xtcp/xtcp_cwnd", NULL,
};

/*
 * JSON
 */

static void json_bytes(int64_t begin, int64_t end)
{
	json_int("first_byte", begin);
	json_int("end_byte", end);
}

/* What is not known is not there. */
static void json_known(const char *key, uint64_t value)
{
	if (value)
		json_uint(key, value);
}

static void begin_point(uint64_t us)
{
	json_object(NULL);
	json_uint("time_us", us);
}

static void json_segments(const struct plot_flow *flow)
{
	const struct plot_segment *s = flow->segments;
	unsigned int i;

	json_array("segments");
	for (i = 0; i < flow->segment_count; i++, s++) {
		begin_point(s->us);
		json_bytes(s->begin, s->end);
		json_bool("again", s->again);
		json_object_end();
	}
	json_array_end();
}

static void json_acks(const struct plot_flow *flow)
{
	const struct plot_ack *a = flow->acks;
	unsigned int i;

	json_array("acks");
	for (i = 0; i < flow->ack_count; i++, a++) {
		begin_point(a->us);
		json_int("ack_byte", a->ack);
		if (a->edge >= 0)
			json_int("window_end_byte", a->edge);
		json_object_end();
	}
	json_array_end();
}

static void json_resends(const struct plot_flow *flow)
{
	const struct plot_resend *s = flow->resends;
	unsigned int i;

	json_array("retransmits");
	for (i = 0; i < flow->resend_count; i++, s++) {
		begin_point(s->us);
		json_bytes(s->begin, s->end);
		json_uint("segments", s->segments);
		json_string("why", s->why);
		json_object_end();
	}
	json_array_end();
}

static void json_windows(const struct plot_flow *flow)
{
	const struct plot_window *w = flow->windows;
	unsigned int i;

	json_array("windows");
	for (i = 0; i < flow->window_count; i++, w++) {
		begin_point(w->us);
		json_string("phase", w->phase);
		json_uint("cwnd_bytes", w->cwnd);
		json_known("ssthresh_bytes", w->ssthresh);
		json_uint("in_flight_bytes", w->in_flight);
		json_known("srtt_us", w->srtt_us);
		json_known("pacing_bytes_per_s", w->pacing_rate);
		json_known("delivery_bytes_per_s", w->delivery_rate);
		json_object_end();
	}
	json_array_end();
}

static void json_samples(const struct plot_flow *flow)
{
	const struct plot_sample *s = flow->samples;
	unsigned int i;

	json_array("rtt_samples");
	for (i = 0; i < flow->sample_count; i++, s++) {
		begin_point(s->us);
		json_uint("rtt_us", s->rtt_us);
		json_object_end();
	}
	json_array_end();
}

static void json_end(const char *address, const char *port, const struct endpoint *ep)
{
	char text[ENDPOINT_TEXT];

	endpoint_address(ep, text);
	json_string(address, text);
	json_uint(port, ep->port);
}

static void json_flow(const struct plot_flow *flow)
{
	json_object(NULL);
	json_end("from_address", "from_port", &flow->from);
	json_end("to_address", "to_port", &flow->to);
	json_string("traced_at", flow->at_sender ? "sender" : "receiver");
	json_int("bytes", flow->bytes);
	json_uint("end_us", flow->end_us);
	json_segments(flow);
	json_acks(flow);
	json_resends(flow);
	json_windows(flow);
	json_samples(flow);
	json_object_end();
}

static void print_json(const struct plot *plots, unsigned int count)
{
	unsigned int i;

	json_object(NULL);
	json_array("connections");
	for (i = 0; i < count; i++) {
		json_object(NULL);
		json_array("flows");
		json_flow(&plots[i].flows[0]);
		json_flow(&plots[i].flows[1]);
		json_array_end();
		json_object_end();
	}
	json_array_end();
	json_object_end();
}

/*
 * What is shown
 */

static unsigned int read_plots(const struct recording *r, const struct traced *t,
			       struct plot **plots)
{
	unsigned int i, count = 0;

	*plots = NULL;
	for (i = 0; i < t->conversation_count; i++) {
		if (!recording_has(r, &t->conversations[i]))
			continue;
		*plots = xgrow(*plots, count, sizeof(**plots));
		plot_read((*plots)[count++].flows, t, i);
	}
	return count;
}

/* Each of the direction that has more data. */
static void draw(const char *svg, const struct plot *plots, unsigned int count)
{
	const struct plot_flow *flows;
	unsigned int i;
	int picture;

	for (i = 0; i < count; i++) {
		flows = plots[i].flows;
		picture = picture_open(svg, i + 1);
		plot_draw(&flows[flows[1].bytes > flows[0].bytes], picture);
		close(picture);
	}
}

/* JSON is whole before anything else can go wrong. How many there were. */
static unsigned int show(const struct recording *r, const struct traced *t)
{
	struct plot *plots;
	unsigned int count = read_plots(r, t, &plots), i;

	signal(SIGPIPE, SIG_IGN);
	if (r->json)
		print_json(plots, count);
	flush_output();
	if (r->svg)
		draw(r->svg, plots, count);
	for (i = 0; i < count; i++) {
		plot_free(&plots[i].flows[0]);
		plot_free(&plots[i].flows[1]);
	}
	free(plots);
	return count;
}

static int run(int argc, char **argv)
{
	struct recording recording = { .events = events, .buffer_kib = BUFFER_KIB };

	if (!recording_parse(&recording, &command_plot, argc, argv))
		return STATUS_OK;
	if (!recording.svg && !recording.json)
		die_usage(&command_plot, "neither a picture nor JSON is asked for");
	if (recording.svg) {
		plot_find_gnuplot();
		picture_check(recording.svg);
	}
	return recording_show(&recording, show);
}

const struct command command_plot = {
	.name	= "plot",
	.usage	= "plot [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]",
	.help	= "Draws connections over time: data and acknowledgments, congestion window and\n"
		  "recovery, round-trip times, rates.\n"
		  "  --svg FILE       as a picture, by gnuplot; the next ones in FILE-2 and so on\n"
		  "  -j, --json       as JSON: all points, to draw them otherwise\n"
		  "  -r, --read FILE  from a trace that was written down; \"-\" is standard input\n"
		  "  FILTER           as \"xtcp ss\" has it: \"dport = :80\"; see xtcp-ss(8)\n"
		  "  COMMAND          while it runs, and its connections alone; without it,\n"
		  "                   until it is interrupted\n",
	.run	= run,
};
