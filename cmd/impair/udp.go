package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

const (
	udpHeader = 28 // IPv4 and UDP, in bytes: what the link carries beside the payload
	maxPacket = 2048
	maxFlows  = 1000 // clients of one port
)

// datagrams forwards one UDP port. Each client's packets come to the server from an address of their own.
type datagrams struct {
	site     *site
	listener *net.UDPConn
	target   *net.UDPAddr

	mu    sync.Mutex
	flows map[netip.AddrPort]*net.UDPConn // towards the server, by client
}

func (s *site) forwardUDP(ctx context.Context, listen, target netip.AddrPort) (*datagrams, error) {
	listener, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(listen))
	if err != nil {
		return nil, err
	}
	d := &datagrams{site: s, listener: listener, target: net.UDPAddrFromAddrPort(target), flows: map[netip.AddrPort]*net.UDPConn{}}
	s.goroutines.Go(d.receive)
	s.closeWith(ctx, listener)
	return d, nil
}

// receive takes what clients send until the listener is closed.
func (d *datagrams) receive() {
	buffer := make([]byte, maxPacket)
	for {
		n, client, err := d.listener.ReadFromUDPAddrPort(buffer)
		if err != nil {
			break
		}
		packet := append([]byte(nil), buffer[:n]...)
		d.site.up.send(n+udpHeader, func() { d.toServer(client, packet) })
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, flow := range d.flows {
		_ = flow.Close()
	}
}

func (d *datagrams) toServer(client netip.AddrPort, packet []byte) {
	flow, err := d.flow(client)
	if err != nil {
		d.site.log.Warn("a client's packet is dropped", "error", err)
		return
	}
	_, _ = flow.Write(packet) // as on any network
}

// flow is the socket of a client towards the server.
func (d *datagrams) flow(client netip.AddrPort) (*net.UDPConn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if flow := d.flows[client]; flow != nil {
		return flow, nil
	}
	if len(d.flows) >= maxFlows {
		return nil, fmt.Errorf("there are %d clients", maxFlows)
	}
	flow, err := net.DialUDP("udp", &net.UDPAddr{IP: d.site.source()}, d.target)
	if err != nil {
		return nil, err
	}
	d.flows[client] = flow
	d.site.goroutines.Go(func() { d.answer(client, flow) })
	return flow, nil
}

// answer takes what the server sends to a client until the flow is closed.
func (d *datagrams) answer(client netip.AddrPort, flow *net.UDPConn) {
	buffer := make([]byte, maxPacket)
	for {
		n, err := flow.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // nobody listens at the server's port, now
		}
		packet := append([]byte(nil), buffer[:n]...)
		d.site.down.send(n+udpHeader, func() { _, _ = d.listener.WriteToUDPAddrPort(packet, client) })
	}
}

// move gives every client another address. What the server sends to the old one is lost.
func (d *datagrams) move() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for client, flow := range d.flows {
		delete(d.flows, client)
		_ = flow.Close()
	}
}

func (d *datagrams) clients() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.flows)
}
