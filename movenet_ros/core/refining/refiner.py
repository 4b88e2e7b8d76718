"""stub"""
from typing import Any
from typing import NamedTuple

from movenet_ros.core.poses import Poses
from movenet_ros.core.refining.stream import Refiner as R
from movenet_ros.core.refining.stream import Rules
import numpy as np


class Refined(NamedTuple):
    poses: Poses; refined: Any; looked: int; spent_ms: float
class Refiner:
    def __init__(self, detect, look, costs, skeleton):
        self.costs=costs
        self.r=R(self._d, look, skeleton, lambda px: 0., lambda px: costs.crop.ms(px), rules=None)
        self.d=detect
    def _d(self, image, size):
        self.r.left-=self.costs.detection_ms(image.wh,size); self.r.spent+=self.costs.detection_ms(image.wh,size)
        return self.d(image,size),0
    def still(self,image,plan):
        done,_=self.r(image,[],plan.sizes,plan.budget_ms,is_still=True); return self.out(done)
    def follow(self,image,plan,scene):
        self.r.rules=Rules(shrink=1.)
        try: done,known=self.r(image,list(scene.people),plan.sizes,plan.budget_ms)
        finally: self.r.rules=None
        scene.people=tuple(known); scene.count+=1
        return self.out(done)
    def out(self,done):
        p=Poses.nobody()
        if done: p=Poses(np.array([p.pose.keypoints for p in done]),np.clip([p.pose.scores for p in done],0,1),np.array([p.pose.box for p in done]),np.clip([p.score for p in done],0,1),np.zeros(len(done),int))
        return Refined(p,np.array([q.stale==0 for q in done],bool),self.r.crops,self.r.spent)
