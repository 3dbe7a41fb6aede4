package transport

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pion/srtp/v3"
)

// opener authenticates and decrypts the RTCP packets of one client (SRTCP: RFC 3711, section 3.4; with AES-GCM, RFC 7714, section 9). Each
// client sends ten and more a second. One goroutine at a time uses it.
type opener struct {
	gcm     cipher.AEAD
	salt    [12]byte
	nonce   [12]byte      // of the packet that is opened; here, as the other, so that they are not allocated
	header  [12]byte      // and what is authenticated of it beside its body
	context *srtp.Context // serves AES-CM with HMAC-SHA1, as the sealer's
	sources []reporter
}

// reporter is an SSRC that authentic packets came from.
type reporter struct {
	ssrc   uint32
	newest uint32 // SRTCP index
	seen   uint64 // of the last 64 indices, the newest first
}

const (
	reportHeader = 8 // bytes that are not encrypted
	reportIndex  = 4 // bytes at the end: a bit that says whether the packet is encrypted, and the index
)

// newOpener makes an opener of the keys of a handshake. context is of the same keys.
func newOpener(keys *srtp.Config, context *srtp.Context) (*opener, error) {
	o := &opener{context: context}
	var err error
	if isGCM(keys.Profile) {
		o.gcm, o.salt, err = sessionCipher(keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt, labelReportEncryption, labelReportSalt)
	}
	return o, err
}

// open gives a packet in the clear, in its own place, or the reason of its drop. It has at least a header, a tag and an index.
func (o *opener) open(packet []byte) (plain []byte, reason Drop) {
	ssrc := binary.BigEndian.Uint32(packet[4:])
	i := slices.IndexFunc(o.sources, func(r reporter) bool { return r.ssrc == ssrc })
	if i < 0 && len(o.sources) >= maxIncoming {
		return nil, TooManySources
	}
	var index uint32
	var err error
	if o.gcm == nil {
		plain, err = o.context.DecryptRTCP(nil, packet, nil)
	} else {
		plain, index, err = o.decrypt(packet, ssrc)
	}
	if err != nil {
		return nil, openDrop(err)
	}
	if i < 0 {
		i = len(o.sources)
		o.sources = append(o.sources, reporter{ssrc: ssrc})
	}
	if o.gcm != nil && !o.sources[i].admit(index) { // the context has done so
		return nil, Replayed
	}
	return plain, DropCount
}

// decrypt opens a packet under AES-GCM. One that is authentic but not encrypted, which no client of WebRTC sends, fails as a forged one.
func (o *opener) decrypt(packet []byte, ssrc uint32) (plain []byte, index uint32, err error) {
	end := len(packet) - reportIndex
	word := binary.BigEndian.Uint32(packet[end:])
	index = word &^ (1 << 31)
	// RFC 7714, sections 9.1 and 9.2.
	o.nonce = o.salt
	nonce := o.nonce[:]
	binary.BigEndian.PutUint32(nonce[2:], binary.BigEndian.Uint32(nonce[2:])^ssrc)
	binary.BigEndian.PutUint32(nonce[8:], binary.BigEndian.Uint32(nonce[8:])^index)
	copy(o.header[:], packet[:reportHeader])
	binary.BigEndian.PutUint32(o.header[reportHeader:], word)
	body, err := o.gcm.Open(packet[reportHeader:reportHeader], nonce, packet[reportHeader:end], o.header[:])
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", srtp.ErrFailedToVerifyAuthTag, err)
	}
	return packet[: reportHeader+len(body) : reportHeader+len(body)], index, nil
}

// admit takes note of an authentic packet; it is false for one that came before, or that is too old to tell (RFC 3711, section 3.3.2).
func (r *reporter) admit(index uint32) bool {
	ahead := int64(index) - int64(r.newest)
	if ahead > 0 {
		r.newest, r.seen = index, r.seen<<ahead|1
		return true
	}
	bit := uint64(1) << -ahead
	if bit == 0 || r.seen&bit != 0 {
		return false
	}
	r.seen |= bit
	return true
}
