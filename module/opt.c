// SPDX-License-Identifier: GPL-2.0
/* Options: parsed within their bounds, built into at most 40 bytes. */
#include <linux/minmax.h>
#include <linux/string.h>

#include "opt.h"
#include "wire.h"

/* Kinds, and lengths where they are fixed, as IANA's registry has them. */
#define OPT_EOL			0
#define OPT_NOP			1
#define OPT_MSS			2
#define OPT_WSCALE		3
#define OPT_SACK_PERM		4
#define OPT_SACK		5
#define OPT_TS			8
#define OPT_FASTOPEN		34

#define OPT_LEN_MSS		4
#define OPT_LEN_WSCALE		3
#define OPT_LEN_SACK_PERM	2
#define OPT_LEN_TS		10
#define OPT_LEN_SACK_BASE	2
#define OPT_LEN_SACK_BLOCK	8
#define OPT_LEN_FASTOPEN_BASE	2

static void opt_parse_sack(const u8 *p, unsigned int len, struct xtcp_opts *opts)
{
	unsigned int blocks = (len - OPT_LEN_SACK_BASE) / OPT_LEN_SACK_BLOCK;
	unsigned int i;

	if (!blocks || blocks > XTCP_SACK_BLOCKS ||
	    len != OPT_LEN_SACK_BASE + blocks * OPT_LEN_SACK_BLOCK)
		return;
	p += OPT_LEN_SACK_BASE;
	for (i = 0; i < blocks; i++, p += OPT_LEN_SACK_BLOCK) {
		opts->sack[i].start = get_unaligned_be32(p);
		opts->sack[i].end = get_unaligned_be32(p + 4);
	}
	opts->sacks = blocks;
	opts->seen |= XTCP_OPT_SACK;
}

/* RFC 7413 4.1.1: a request, or an even number of bytes between the bounds. */
static void opt_parse_fastopen(const u8 *p, unsigned int len, struct xtcp_opts *opts)
{
	len -= OPT_LEN_FASTOPEN_BASE;
	if (len && (len < XTCP_FASTOPEN_MIN || len > XTCP_FASTOPEN_MAX || len % 2))
		return;
	opts->fastopen.len = len;
	memcpy(opts->fastopen.bytes, p + OPT_LEN_FASTOPEN_BASE, len);
	opts->seen |= XTCP_OPT_FASTOPEN;
}

/* Options that mean something on a SYN alone. */
static void opt_parse_syn(const u8 *p, unsigned int len, struct xtcp_opts *opts)
{
	switch (p[0]) {
	case OPT_MSS:
		/* An MSS of 0 would let nothing through; the default serves better. */
		if (len != OPT_LEN_MSS || !get_unaligned_be16(p + 2))
			return;
		opts->mss = get_unaligned_be16(p + 2);
		opts->seen |= XTCP_OPT_MSS;
		return;
	case OPT_WSCALE:
		if (len != OPT_LEN_WSCALE)
			return;
		/* RFC 7323 2.3: a larger shift is taken as 14 */
		opts->wscale = min_t(u8, p[2], XTCP_WSCALE_MAX);
		opts->seen |= XTCP_OPT_WSCALE;
		return;
	case OPT_SACK_PERM:
		if (len == OPT_LEN_SACK_PERM)
			opts->seen |= XTCP_OPT_SACK_PERM;
		return;
	case OPT_FASTOPEN:
		opt_parse_fastopen(p, len, opts);
		return;
	}
}

/* One option of which all @len bytes are there; @len >= 2 */
static void opt_parse_one(const u8 *p, unsigned int len, bool syn, struct xtcp_opts *opts)
{
	switch (p[0]) {
	case OPT_TS:
		if (len != OPT_LEN_TS)
			return;
		opts->tsval = get_unaligned_be32(p + 2);
		opts->tsecr = get_unaligned_be32(p + 6);
		opts->seen |= XTCP_OPT_TS;
		return;
	case OPT_SACK:
		if (!syn)
			opt_parse_sack(p, len, opts);
		return;
	default:
		if (syn)
			opt_parse_syn(p, len, opts);
		return;
	}
}

/* How most SYNs begin and end: in the order that xtcp_opt_build() has. */
#define SYN_MSS			(OPT_MSS << 8 | OPT_LEN_MSS)
#define SYN_SACK_TS		(OPT_SACK_PERM << 24 | OPT_LEN_SACK_PERM << 16 | OPT_TS << 8 | \
				 OPT_LEN_TS)
#define SYN_WSCALE		(OPT_NOP << 16 | OPT_WSCALE << 8 | OPT_LEN_WSCALE)
#define SYN_LEN			20

/* The same as parsing them one by one, if it says so. */
static bool opt_parse_usual_syn(const u8 *p, struct xtcp_opts *opts)
{
	u16 mss = get_unaligned_be16(p + 2);

	if (get_unaligned_be16(p) != SYN_MSS || !mss ||
	    get_unaligned_be32(p + 4) != SYN_SACK_TS ||
	    get_unaligned_be32(p + 16) >> 8 != SYN_WSCALE)
		return false;
	opts->seen = XTCP_OPT_MSS | XTCP_OPT_SACK_PERM | XTCP_OPT_TS | XTCP_OPT_WSCALE;
	opts->mss = mss;
	opts->wscale = min_t(u8, p[19], XTCP_WSCALE_MAX);
	opts->tsval = get_unaligned_be32(p + 8);
	opts->tsecr = get_unaligned_be32(p + 12);
	return true;
}

/**
 * xtcp_opt_parse - parse the options of a segment
 * @p: first byte after the fixed header
 * @len: bytes from @p to the segment's data, as the data offset claims and the caller checked
 * @syn: the segment is a SYN: MSS, window scale, SACK-permitted and Fast Open count, SACK does not
 * @opts: filled; what is not in @seen is zero
 *
 * Unknown kinds are skipped by their length. So is a known kind whose length is not its own, and
 * an MSS of 0. Of duplicates the last counts. A length that leaves the list, or that is less than
 * the two bytes that kind and length take, ends the parsing.
 *
 * Source: RFC 9293 3.1 and 3.2 (MUST-5 to MUST-7), RFC 7323 2 and 3, RFC 2018 2 and 3,
 * RFC 7413 4.1.1.
 *
 * Return: %XTCP_OPT_OK, or %XTCP_OPT_MALFORMED if a length lied.
 */
enum xtcp_opt_verdict xtcp_opt_parse(const u8 *p, unsigned int len, bool syn,
				     struct xtcp_opts *opts)
{
	*opts = (struct xtcp_opts){};

	if (syn && len == SYN_LEN && opt_parse_usual_syn(p, opts))
		return XTCP_OPT_OK;
	while (len) {
		if (p[0] == OPT_EOL)
			return XTCP_OPT_OK;
		if (p[0] == OPT_NOP) {
			p++;
			len--;
			continue;
		}
		if (len < 2 || p[1] < 2 || p[1] > len)
			return XTCP_OPT_MALFORMED;
		opt_parse_one(p, p[1], syn, opts);
		len -= p[1];
		p += p[1];
	}
	return XTCP_OPT_OK;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_opt_parse);

/* Bytes of everything but the SACK blocks; each group is padded to four. */
static unsigned int opt_len_fixed(const struct xtcp_opts *opts)
{
	unsigned int len = 0;

	if (opts->seen & XTCP_OPT_MSS)
		len += OPT_LEN_MSS;
	if (opts->seen & XTCP_OPT_TS)
		len += OPT_LEN_SACK_PERM + OPT_LEN_TS;
	else if (opts->seen & XTCP_OPT_SACK_PERM)
		len += 2 + OPT_LEN_SACK_PERM;
	if (opts->seen & XTCP_OPT_WSCALE)
		len += 1 + OPT_LEN_WSCALE;
	if (opts->seen & XTCP_OPT_FASTOPEN)
		len += round_up(OPT_LEN_FASTOPEN_BASE + opts->fastopen.len, 4);
	return len;
}

/* How many of the SACK blocks fit beside the rest. */
static unsigned int opt_sack_fit(const struct xtcp_opts *opts)
{
	unsigned int used = opt_len_fixed(opts) + 2 + OPT_LEN_SACK_BASE;

	if (!(opts->seen & XTCP_OPT_SACK) || used > XTCP_OPT_MAX)
		return 0;
	return min3((XTCP_OPT_MAX - used) / OPT_LEN_SACK_BLOCK, (unsigned int)opts->sacks,
		    (unsigned int)XTCP_SACK_BLOCKS);
}

/**
 * xtcp_opt_len - bytes that xtcp_opt_build() would write
 * @opts: options
 *
 * Return: bytes, a multiple of 4, at most %XTCP_OPT_MAX.
 */
unsigned int xtcp_opt_len(const struct xtcp_opts *opts)
{
	unsigned int blocks = opt_sack_fit(opts);
	unsigned int len = opt_len_fixed(opts);

	if (blocks)
		len += 2 + OPT_LEN_SACK_BASE + blocks * OPT_LEN_SACK_BLOCK;
	return len;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_opt_len);

static u8 *opt_build_head(u8 *p, u8 kind, u8 len)
{
	*p++ = kind;
	*p++ = len;
	return p;
}

static u8 *opt_build_nops(u8 *p)
{
	*p++ = OPT_NOP;
	*p++ = OPT_NOP;
	return p;
}

static u8 *opt_build_ts(u8 *p, const struct xtcp_opts *opts)
{
	p = opt_build_head(p, OPT_TS, OPT_LEN_TS);
	put_unaligned_be32(opts->tsval, p);
	put_unaligned_be32(opts->tsecr, p + 4);
	return p + 8;
}

static u8 *opt_build_fastopen(u8 *p, const struct xtcp_fastopen_cookie *cookie)
{
	unsigned int len = OPT_LEN_FASTOPEN_BASE + cookie->len;

	if (len % 4)
		p = opt_build_nops(p);
	p = opt_build_head(p, OPT_FASTOPEN, len);
	memcpy(p, cookie->bytes, cookie->len);
	return p + cookie->len;
}

static u8 *opt_build_sack(u8 *p, const struct xtcp_opts *opts, unsigned int blocks)
{
	unsigned int i;

	p = opt_build_nops(p);
	p = opt_build_head(p, OPT_SACK, OPT_LEN_SACK_BASE + blocks * OPT_LEN_SACK_BLOCK);
	for (i = 0; i < blocks; i++, p += OPT_LEN_SACK_BLOCK) {
		put_unaligned_be32(opts->sack[i].start, p);
		put_unaligned_be32(opts->sack[i].end, p + 4);
	}
	return p;
}

/**
 * xtcp_opt_build - write the options of a segment
 * @p: room for %XTCP_OPT_MAX bytes
 * @opts: what @seen names is written; the caller asks for SYN options on a SYN only
 *
 * The order is MSS, SACK-permitted, timestamps, NOP, window scale, Fast Open, as Linux sends it,
 * and SACK last. Padding goes in front, as RFC 7323 appendix A advises, so that the numbers are
 * aligned.
 * SACK blocks that do not fit are left out from the end.
 *
 * Source: RFC 9293 3.2, RFC 7323 2.2, 3.2 and appendix A, RFC 2018 2 and 3, RFC 7413 4.1.1.
 *
 * Return: bytes written, a multiple of 4.
 */
unsigned int xtcp_opt_build(u8 *p, const struct xtcp_opts *opts)
{
	unsigned int blocks = opt_sack_fit(opts);
	const u8 *start = p;

	if (opts->seen & XTCP_OPT_MSS) {
		p = opt_build_head(p, OPT_MSS, OPT_LEN_MSS);
		put_unaligned_be16(opts->mss, p);
		p += 2;
	}
	if (opts->seen & (XTCP_OPT_SACK_PERM | XTCP_OPT_TS)) {
		/* With timestamps, SACK-permitted takes the place of their two NOPs. */
		if ((opts->seen & (XTCP_OPT_SACK_PERM | XTCP_OPT_TS)) !=
		    (XTCP_OPT_SACK_PERM | XTCP_OPT_TS))
			p = opt_build_nops(p);
		if (opts->seen & XTCP_OPT_SACK_PERM)
			p = opt_build_head(p, OPT_SACK_PERM, OPT_LEN_SACK_PERM);
		if (opts->seen & XTCP_OPT_TS)
			p = opt_build_ts(p, opts);
	}
	if (opts->seen & XTCP_OPT_WSCALE) {
		*p++ = OPT_NOP;
		p = opt_build_head(p, OPT_WSCALE, OPT_LEN_WSCALE);
		*p++ = min_t(u8, opts->wscale, XTCP_WSCALE_MAX);
	}
	if (opts->seen & XTCP_OPT_FASTOPEN)
		p = opt_build_fastopen(p, &opts->fastopen);
	if (blocks)
		p = opt_build_sack(p, opts, blocks);
	return p - start;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_opt_build);
