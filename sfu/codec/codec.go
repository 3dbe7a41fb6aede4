// Package codec knows what the media plane must know of a codec's RTP payload: where a frame starts, whether it can be
// decoded on its own, how large its picture is, and which of its fields must stay continuous. Its functions are pure
// and accept any bytes.
package codec

import "strings"

// Codec is a codec that the media plane forwards.
type Codec uint8

// The codecs. Unknown is never forwarded.
const (
	Unknown Codec = iota
	Opus
	VP8
	H264
	// RED wraps Opus in redundancy (RFC 2198). A layer takes it apart, so that no ring ever holds it.
	RED
	VP9
	AV1
	Count
)

// FromMime gives the codec of a media type such as "video/VP8" (RFC 6838); case does not matter.
func FromMime(mime string) Codec {
	switch strings.ToLower(mime) {
	case "audio/opus":
		return Opus
	case "audio/red":
		return RED
	case "video/vp8":
		return VP8
	case "video/h264":
		return H264
	case "video/vp9":
		return VP9
	case "video/av1":
		return AV1
	}
	return Unknown
}

// String gives the codec's name.
func (c Codec) String() string {
	return [...]string{"unknown", "opus", "vp8", "h264", "red", "vp9", "av1"}[c]
}

// ClockRate is the RTP clock in Hz.
func (c Codec) ClockRate() uint32 {
	if c == Opus || c == RED {
		return 48000
	}
	return 90000
}

// IsVideo tells whether the codec carries pictures.
func (c Codec) IsVideo() bool { return c == VP8 || c == H264 || c == VP9 || c == AV1 }

// Payload is what one RTP payload says.
type Payload struct {
	// FrameStart is set on the first packet of a frame.
	FrameStart bool
	// KeyFrame is set on the packet from which decoding can begin: the first one of a key frame, with H.264 the one
	// that carries the sequence parameter set.
	KeyFrame bool
	// FrameEnd is set on the last packet of a frame of VP9 or AV1. Frames of several spatial layers make up one picture.
	FrameEnd bool
	// Width and Height of the picture in pixels, on the first packet of a key frame of VP8 or VP9, Height of H.264 too; 0 elsewhere.
	Width, Height int
	// Spatial and Temporal are the frame's layers: frames of lower layers do not refer to it. Sync tells that the frame refers to none but
	// those of temporal layer 0; with VP9 that no later frame of a higher temporal layer refers to one of those from before.
	Spatial, Temporal uint8
	Sync              bool
	VP8               VP8Descriptor // with VP8 only
	VP9               VP9Descriptor // with VP9 only
	Dependency        Dependency    // with VP9 and AV1 where the source tells it (ParseDependency)
}

// Parse reads a payload. ok is false when the payload is malformed: such a packet is not forwarded.
func Parse(c Codec, payload []byte) (p Payload, ok bool) {
	switch c {
	case Opus:
		return Payload{FrameStart: true, KeyFrame: true}, len(payload) > 0
	case VP8:
		return parseVP8(payload)
	case H264:
		return parseH264(payload)
	case VP9:
		return parseVP9(payload)
	case AV1:
		return parseAV1(payload)
	}
	return Payload{}, false
}
