-- Ardour without a window: a new session whose one MIDI track records until a line is read.
--
--   ardour7-lua ardour_record.lua FOLDER free|slaved
--
-- "free" rolls at once, by itself; "slaved" rolls when JACK's transport does. Says "ready" when
-- all is armed, and "saved" when the take is in the session in FOLDER.

local folder, mode = arg[1], arg[2]

local function say(word)
    io.stdout:write(word .. "\n")
    io.stdout:flush() -- whoever waits for it reads a pipe
end

assert(AudioEngine:set_backend("JACK", "ardour", ""), "Ardour has no JACK backend")
local session = create_session(folder, "session", 48000)
assert(session, "no session")

local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local audio = ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2)
local tracks = session:new_midi_track(
    midi, audio, true, ARDOUR.PluginInfo(), nil, nil, 1, "choir",
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true
)
local track = tracks:front():to_track()
track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record(true)
if mode == "slaved" then
    session:cfg():set_external_sync(true)
else
    session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
end
say("ready")

if io.read() then -- else nobody waits for it any more
    session:cfg():set_external_sync(false) -- slaved it would stop, and go on recording
    session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
    for _ = 1, 100 do -- the take becomes a region in a thread of Ardour's own
        if not track:playlist():region_list():empty() then break end
        sleep(0.1)
    end
    session:save_state("", false, false, false, false, false)
    say("saved")
end
close_session()
