# SPDX-License-Identifier: GPL-2.0
#
# Of the caller: form, which is text or json, and svg, a file to draw to, or nothing.

END {
	if (!events)
		exit 1
	for (i = 1; i <= 2; i++)
		if (!kind[i])
			kind[i] = "TCP"
	find_origins()
	complete()
	draw()
	# Whoever opens the connection is on the left.
	left = opener ? opener : 1
	if (form == "json")
		print_json(left)
	else
		print_text(left)
	if (svg)
		print_svg(left, svg)
}
