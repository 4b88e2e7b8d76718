"""stub"""
class Scene:
    def __init__(self): self.of=None; self.restart()
    def restart(self): self.people=(); self.count=0
    def keep_for(self, whose):
        if self.of is not whose: self.restart(); self.of=whose
