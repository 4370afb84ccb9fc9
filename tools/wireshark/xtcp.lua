-- SPDX-License-Identifier: GPL-2.0
-- XTCP's native carrier, for Wireshark and tshark: segments of TCP (RFC 9293) under an IP protocol
-- of their own. They are handed to Wireshark's TCP; what is told here is the checksum, since the
-- pseudo-header has that protocol's number, and Wireshark's TCP would check it with its own.
--
--	tshark -X lua_script:xtcp.lua -r FILE

local xtcp = Proto("xtcp", "XTCP, native carrier")

xtcp.prefs.protocol = Pref.uint("IP protocol", 253, "The module's parameter protocol=")
xtcp.prefs.check_checksum = Pref.bool("Validate the checksum", false,
	"Of segments that were captured before the device computed it, it is not the true one")

local GOOD, BAD, UNVERIFIED = 1, 0, 2
local status_names = { [GOOD] = "Good", [BAD] = "Bad", [UNVERIFIED] = "Unverified" }
local fields = xtcp.fields
fields.checksum = ProtoField.uint16("xtcp.checksum", "Checksum", base.HEX)
fields.status = ProtoField.uint8("xtcp.checksum.status", "Checksum status", base.DEC, status_names)
xtcp.experts.checksum = ProtoExpert.new("xtcp.checksum.bad", "Bad checksum",
	expert.group.CHECKSUM, expert.severity.ERROR)

local tcp = Dissector.get("tcp")
local addresses = {
	{ source = Field.new("ip.src"), target = Field.new("ip.dst") },
	{ source = Field.new("ipv6.src"), target = Field.new("ipv6.dst") },
}

local HEADER_MIN = 20

-- Whether the header is one of TCP's, as far as it was captured. An ICMP error quotes as little as
-- eight bytes of it.
local function is_segment(buffer)
	if buffer:captured_len() < 13 then
		return true
	end
	local header = bit32.rshift(buffer(12, 1):uint(), 4) * 4
	return header >= HEADER_MIN and header <= buffer:reported_len()
end

local function sum_words(range, sum)
	local len = range:len()
	for i = 0, len - 2, 2 do
		sum = sum + range(i, 2):uint()
	end
	if len % 2 == 1 then
		sum = sum + range(len - 1, 1):uint() * 256
	end
	return sum
end

-- Those of the innermost IP header.
local function innermost()
	local source, target
	for _, names in ipairs(addresses) do
		local sources, targets = { names.source() }, { names.target() }
		local last = sources[#sources]
		if last and (not source or last.offset > source.offset) then
			source, target = last, targets[#targets]
		end
	end
	return source, target
end

local function checksum_status(buffer)
	local len = buffer:reported_len()
	local source, target = innermost()
	if not xtcp.prefs.check_checksum or buffer:captured_len() < len or not source then
		return UNVERIFIED
	end
	local sum = xtcp.prefs.protocol + len
	for _, range in ipairs({ source.range, target.range, buffer() }) do
		sum = sum_words(range, sum)
	end
	while sum > 0xffff do
		sum = sum % 0x10000 + math.floor(sum / 0x10000)
	end
	return sum == 0xffff and GOOD or BAD
end

function xtcp.dissector(buffer, pinfo, tree)
	if not is_segment(buffer) then
		return 0
	end
	local item = tree:add(xtcp, buffer())
	if buffer:captured_len() >= HEADER_MIN then
		local status = checksum_status(buffer)
		item:add(fields.checksum, buffer(16, 2))
		item:add(fields.status, status):set_generated()
		if status == BAD then
			item:add_proto_expert_info(xtcp.experts.checksum)
		end
	end
	return tcp:call(buffer, pinfo, tree)
end

local protocols = DissectorTable.get("ip.proto")
local registered

local function register()
	if registered then
		protocols:remove(registered, xtcp)
	end
	registered = xtcp.prefs.protocol
	protocols:add(registered, xtcp)
end

xtcp.prefs_changed = register
register()
