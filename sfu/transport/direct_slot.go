package transport

import (
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
)

// directSlot is one outgoing stream.
type directSlot struct {
	conn      *directConn
	video     bool
	index     int
	ssrc, rtx uint32
	payload   [codec.Count]PayloadTypes
	sequence  uint8 // id of the header extension with the transport-wide number, or 0
	described uint8 // id of the one with the dependency descriptor, or 0

	media, repair guard // of the worker
}

func (s *directSlot) name() string   { return slotName(s.video, s.index) }
func (s *directSlot) stream() string { return slotStream(s.video, s.index) }

// WriteRTP seals one packet and queues it for the worker's next Flush; see Outgoing.
func (s *directSlot) WriteRTP(header *rtp.Header, payload []byte) error {
	sealer, to := s.conn.sealer.Load(), s.conn.path.Load()
	if sealer == nil || to == nil {
		return ErrClosed
	}
	g := &s.media
	if header.SSRC == s.rtx {
		g = &s.repair
	}
	size := header.MarshalSize() + len(payload) + int(header.PaddingSize)
	if size+sealer.tag > maxPacket {
		return ErrTooLong
	}
	index, ok := g.admit(header.SequenceNumber)
	if !ok {
		return ErrIndexUsed
	}
	w := s.conn.worker
	packet := w.queue.Reserve(size + sealer.tag)
	n, err := header.MarshalTo(packet)
	if err != nil {
		return err
	}
	end := n + copy(packet[n:], payload)
	if padding := int(header.PaddingSize); padding > 0 {
		clear(packet[end : end+padding])
		end += padding
		packet[end-1] = header.PaddingSize // RFC 3550, section 5.1
	}
	sealed, err := sealer.seal(packet[:end], n, header.SSRC, index)
	if err != nil {
		return err
	}
	w.queue.Add(to, header.SSRC, len(sealed))
	if !w.open {
		w.queue.Flush()
	}
	return nil
}
