package wecom_test

import (
	"net/http/httptest"

	"github.com/hongyan-im/hongyan/wecom"
	"github.com/hongyan-im/hongyan/wecom/simulator"
)

// exampleServer is the WeCom that the examples send to: a simulator behind a server on this machine.
// In a test package wecomtest does the same with less.
type exampleServer struct {
	*simulator.WeCom
	*httptest.Server
}

// The robot of the simulator's default world.
const robotKey = "00000000-0000-0000-0000-000000000001"

// newServer starts a simulator with the options.
func newServer(options ...simulator.Option) exampleServer {
	sim := simulator.New(options...)
	return exampleServer{sim, httptest.NewServer(sim)}
}

// config is that of an app of the simulator's default world.
func (s exampleServer) config() wecom.Config {
	return wecom.Config{CorpID: "ww0000000000000001", AgentID: 1000002, Secret: "sim-secret-1000002", BaseURL: s.URL}
}

// newClient returns a client as a program has it, and the WeCom it sends to.
func newClient(options ...simulator.Option) (*wecom.Client, exampleServer) {
	sim := newServer(options...)
	client, err := wecom.New(sim.config())
	if err != nil {
		panic(err)
	}
	return client, sim
}

// newRobot returns a robot as a program has it, and the WeCom it writes to.
func newRobot() (*wecom.Robot, exampleServer) {
	sim := newServer()
	robot, err := wecom.NewRobot(wecom.RobotConfig{Key: robotKey, BaseURL: sim.URL})
	if err != nil {
		panic(err)
	}
	return robot, sim
}

// check ends an example that went wrong.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
