// Main program of simulations that show Python one signal, the top's output `done`, and make their own clock; or, with
// SPINSC_TB_CLOCK, leave it to this program by an input of that name.
//
// cocotb's own main program looks for callbacks after every evaluation, since any signal may be one that Python waits
// for, which takes an eighth of the time of simulations as fast as ours. Here Python can wait for `done`, for a time, or
// for a phase of this time slot or the next; whenever no phase is waited for, the model runs on alone until `done`
// changes or the time has come. With the plusarg spinsc_alone there is no Python at all, which takes longer to start than
// many a simulation lasts, and `done` is the end.
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <csignal>

#include "Vtop.h"
#include "verilated.h"
#include "verilated_vpi.h"

extern "C" void vlog_startup_routines_bootstrap();  // cocotb's: asks for a callback at the start

namespace {

constexpr QData NEVER = ~QData{0};

#ifdef SPINSC_TB_CLOCK
constexpr QData HALF_PERIOD = 5000;  // of a clock of 100 MHz, in picoseconds
QData edge = HALF_PERIOD;            // time of the next edge
#else
constexpr QData edge = NEVER;
#endif

// The time for which Verilog or the clock waits, or NEVER.
QData next_event(Vtop& top) { return std::min(edge, top.eventsPending() ? top.nextTimeSlot() : NEVER); }

void go_on_to(Vtop& top, QData time) {
    top.contextp()->time(time);
#ifdef SPINSC_TB_CLOCK
    if (time == edge) {
        top.SPINSC_TB_CLOCK = !top.SPINSC_TB_CLOCK;
        edge += HALF_PERIOD;
    }
#endif
}

// Whether Python ran because a signal changed, or because it changed one itself meanwhile.
bool call_value_callbacks() {
    bool called = false;
    while (VerilatedVpi::callValueCbs()) called = true;
    return called;
}

// Whether Python ran because of this phase.
bool call_phase(PLI_INT32 phase) {
    const bool called = VerilatedVpi::callCbs(phase);
    return call_value_callbacks() || called;
}

// All phases of the present time slot. Whether Python ran in any.
bool run_time_slot(Vtop& top) {
    bool called = call_phase(cbNextSimTime);
    called |= call_phase(cbAfterDelay);
    do {
        do {
            VerilatedVpi::clearEvalNeeded();
            top.eval();
            VerilatedVpi::doInertialPuts();
            called |= call_value_callbacks();
        } while (VerilatedVpi::evalNeeded());
        called |= call_phase(cbReadWriteSynch);
        VerilatedVpi::doInertialPuts();
    } while (VerilatedVpi::evalNeeded());
    return VerilatedVpi::callCbs(cbReadOnlySynch) || called;
}

// The end, also by a $fatal, after which main() does not go on: cocotb fails the tests that have not ended.
void end(void*) { VerilatedVpi::callCbs(cbEndOfSimulation); }

}  // namespace

int main(int argc, char** argv) {
    VerilatedContext& context = *Verilated::threadContextp();  // which is also that of VPI
    context.commandArgs(argc, argv);
    const bool alone = *context.commandArgsPlusMatch("spinsc_alone");
    Verilated::fatalOnVpiError(false);  // cocotb tries what there may not be
    Verilated::addExitCb(end, nullptr);
    Vtop top{&context, ""};  // without a name above that of the Verilog module
    if (!alone) vlog_startup_routines_bootstrap();
#ifdef __linux__
    if (alone) prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody else would end it if that which has started it is killed
#endif
    VerilatedVpi::callCbs(cbStartOfSimulation);
    // Python has taken over Ctrl-C, but would not notice it before it runs again.
    if (std::signal(SIGINT, SIG_DFL) == SIG_IGN) std::signal(SIGINT, SIG_IGN);

    while (!context.gotFinish() && !(alone && top.done)) {
        const bool called = run_time_slot(top);
        const auto done = top.done;
        const QData wake = VerilatedVpi::cbNextDeadline();
        QData event = next_event(top);
        // Who waits for a phase has asked in this slot, or else would have been called in it.
        if (!called) {
            while (event < wake && top.done == done && !context.gotFinish()) {
                go_on_to(top, event);
                top.eval();
                event = next_event(top);
            }
        }
        if (top.done != done) continue;  // with the phases of this slot
        const QData next = std::min(event, wake);
        if (next == NEVER) break;
        go_on_to(top, next);
    }

    top.final();
    end(nullptr);
    return context.errorCount() > 0;
}
